from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CoordinateSystem(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COORDINATE_SYSTEM_UNSPECIFIED: _ClassVar[CoordinateSystem]
    COORDINATE_SYSTEM_RIGHT_HANDED_Y_UP_FACING_Z: _ClassVar[CoordinateSystem]
COORDINATE_SYSTEM_UNSPECIFIED: CoordinateSystem
COORDINATE_SYSTEM_RIGHT_HANDED_Y_UP_FACING_Z: CoordinateSystem

class FaceRig(_message.Message):
    __slots__ = ("curve_names", "coordinate_system")
    CURVE_NAMES_FIELD_NUMBER: _ClassVar[int]
    COORDINATE_SYSTEM_FIELD_NUMBER: _ClassVar[int]
    curve_names: _containers.RepeatedScalarFieldContainer[str]
    coordinate_system: CoordinateSystem
    def __init__(self, curve_names: _Optional[_Iterable[str]] = ..., coordinate_system: _Optional[_Union[CoordinateSystem, str]] = ...) -> None: ...

class HeadPose(_message.Message):
    __slots__ = ("x", "y", "z", "w")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    Z_FIELD_NUMBER: _ClassVar[int]
    W_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    z: float
    w: float
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ..., z: _Optional[float] = ..., w: _Optional[float] = ...) -> None: ...

class FaceFrame(_message.Message):
    __slots__ = ("index", "weights", "head")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    index: int
    weights: _containers.RepeatedScalarFieldContainer[float]
    head: HeadPose
    def __init__(self, index: _Optional[int] = ..., weights: _Optional[_Iterable[float]] = ..., head: _Optional[_Union[HeadPose, _Mapping]] = ...) -> None: ...
