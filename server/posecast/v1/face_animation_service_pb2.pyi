from posecast.v1 import audio_pb2 as _audio_pb2
from posecast.v1 import face_pb2 as _face_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LatencyMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LATENCY_MODE_UNSPECIFIED: _ClassVar[LatencyMode]
    LATENCY_MODE_OFFLINE: _ClassVar[LatencyMode]
    LATENCY_MODE_BALANCED: _ClassVar[LatencyMode]
    LATENCY_MODE_REALTIME: _ClassVar[LatencyMode]
LATENCY_MODE_UNSPECIFIED: LatencyMode
LATENCY_MODE_OFFLINE: LatencyMode
LATENCY_MODE_BALANCED: LatencyMode
LATENCY_MODE_REALTIME: LatencyMode

class StyleVector(_message.Message):
    __slots__ = ("values", "blink_rate_hz", "gaze_range", "head_wander_rad", "head_tempo_hz")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    BLINK_RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    GAZE_RANGE_FIELD_NUMBER: _ClassVar[int]
    HEAD_WANDER_RAD_FIELD_NUMBER: _ClassVar[int]
    HEAD_TEMPO_HZ_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    blink_rate_hz: float
    gaze_range: float
    head_wander_rad: float
    head_tempo_hz: float
    def __init__(self, values: _Optional[_Iterable[float]] = ..., blink_rate_hz: _Optional[float] = ..., gaze_range: _Optional[float] = ..., head_wander_rad: _Optional[float] = ..., head_tempo_hz: _Optional[float] = ...) -> None: ...

class RegionStrengths(_message.Message):
    __slots__ = ("upper_face", "lower_face", "head", "blinks")
    UPPER_FACE_FIELD_NUMBER: _ClassVar[int]
    LOWER_FACE_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    BLINKS_FIELD_NUMBER: _ClassVar[int]
    upper_face: float
    lower_face: float
    head: float
    blinks: float
    def __init__(self, upper_face: _Optional[float] = ..., lower_face: _Optional[float] = ..., head: _Optional[float] = ..., blinks: _Optional[float] = ...) -> None: ...

class CurveAdjustment(_message.Message):
    __slots__ = ("curve_name", "multiplier", "offset", "minimum", "maximum")
    CURVE_NAME_FIELD_NUMBER: _ClassVar[int]
    MULTIPLIER_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    curve_name: str
    multiplier: float
    offset: float
    minimum: float
    maximum: float
    def __init__(self, curve_name: _Optional[str] = ..., multiplier: _Optional[float] = ..., offset: _Optional[float] = ..., minimum: _Optional[float] = ..., maximum: _Optional[float] = ...) -> None: ...

class Smoothing(_message.Message):
    __slots__ = ("upper_face_s", "lower_face_s", "head_s")
    UPPER_FACE_S_FIELD_NUMBER: _ClassVar[int]
    LOWER_FACE_S_FIELD_NUMBER: _ClassVar[int]
    HEAD_S_FIELD_NUMBER: _ClassVar[int]
    upper_face_s: float
    lower_face_s: float
    head_s: float
    def __init__(self, upper_face_s: _Optional[float] = ..., lower_face_s: _Optional[float] = ..., head_s: _Optional[float] = ...) -> None: ...

class AnimationSettings(_message.Message):
    __slots__ = ("style_name", "style_vector", "seed", "frame_rate_hz", "latency_mode", "audio_guidance", "style_guidance", "sampling_steps", "look_ahead_ms", "style_strength", "window_frames", "curve_adjustments", "strengths", "smoothing")
    STYLE_NAME_FIELD_NUMBER: _ClassVar[int]
    STYLE_VECTOR_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    FRAME_RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    LATENCY_MODE_FIELD_NUMBER: _ClassVar[int]
    AUDIO_GUIDANCE_FIELD_NUMBER: _ClassVar[int]
    STYLE_GUIDANCE_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_STEPS_FIELD_NUMBER: _ClassVar[int]
    LOOK_AHEAD_MS_FIELD_NUMBER: _ClassVar[int]
    STYLE_STRENGTH_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FRAMES_FIELD_NUMBER: _ClassVar[int]
    CURVE_ADJUSTMENTS_FIELD_NUMBER: _ClassVar[int]
    STRENGTHS_FIELD_NUMBER: _ClassVar[int]
    SMOOTHING_FIELD_NUMBER: _ClassVar[int]
    style_name: str
    style_vector: StyleVector
    seed: int
    frame_rate_hz: int
    latency_mode: LatencyMode
    audio_guidance: float
    style_guidance: float
    sampling_steps: int
    look_ahead_ms: int
    style_strength: float
    window_frames: int
    curve_adjustments: _containers.RepeatedCompositeFieldContainer[CurveAdjustment]
    strengths: RegionStrengths
    smoothing: Smoothing
    def __init__(self, style_name: _Optional[str] = ..., style_vector: _Optional[_Union[StyleVector, _Mapping]] = ..., seed: _Optional[int] = ..., frame_rate_hz: _Optional[int] = ..., latency_mode: _Optional[_Union[LatencyMode, str]] = ..., audio_guidance: _Optional[float] = ..., style_guidance: _Optional[float] = ..., sampling_steps: _Optional[int] = ..., look_ahead_ms: _Optional[int] = ..., style_strength: _Optional[float] = ..., window_frames: _Optional[int] = ..., curve_adjustments: _Optional[_Iterable[_Union[CurveAdjustment, _Mapping]]] = ..., strengths: _Optional[_Union[RegionStrengths, _Mapping]] = ..., smoothing: _Optional[_Union[Smoothing, _Mapping]] = ...) -> None: ...

class AnimateConfig(_message.Message):
    __slots__ = ("audio_format", "settings", "returns_audio", "idles")
    AUDIO_FORMAT_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    RETURNS_AUDIO_FIELD_NUMBER: _ClassVar[int]
    IDLES_FIELD_NUMBER: _ClassVar[int]
    audio_format: _audio_pb2.AudioFormat
    settings: AnimationSettings
    returns_audio: bool
    idles: bool
    def __init__(self, audio_format: _Optional[_Union[_audio_pb2.AudioFormat, _Mapping]] = ..., settings: _Optional[_Union[AnimationSettings, _Mapping]] = ..., returns_audio: _Optional[bool] = ..., idles: _Optional[bool] = ...) -> None: ...

class EndOfUtterance(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Interrupt(_message.Message):
    __slots__ = ("frame_index", "utterance_index")
    FRAME_INDEX_FIELD_NUMBER: _ClassVar[int]
    UTTERANCE_INDEX_FIELD_NUMBER: _ClassVar[int]
    frame_index: int
    utterance_index: int
    def __init__(self, frame_index: _Optional[int] = ..., utterance_index: _Optional[int] = ...) -> None: ...

class SettingsUpdate(_message.Message):
    __slots__ = ("settings",)
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    settings: AnimationSettings
    def __init__(self, settings: _Optional[_Union[AnimationSettings, _Mapping]] = ...) -> None: ...

class AnimateRequest(_message.Message):
    __slots__ = ("config", "audio", "end_of_utterance", "interrupt", "update")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    END_OF_UTTERANCE_FIELD_NUMBER: _ClassVar[int]
    INTERRUPT_FIELD_NUMBER: _ClassVar[int]
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    config: AnimateConfig
    audio: _audio_pb2.AudioChunk
    end_of_utterance: EndOfUtterance
    interrupt: Interrupt
    update: SettingsUpdate
    def __init__(self, config: _Optional[_Union[AnimateConfig, _Mapping]] = ..., audio: _Optional[_Union[_audio_pb2.AudioChunk, _Mapping]] = ..., end_of_utterance: _Optional[_Union[EndOfUtterance, _Mapping]] = ..., interrupt: _Optional[_Union[Interrupt, _Mapping]] = ..., update: _Optional[_Union[SettingsUpdate, _Mapping]] = ...) -> None: ...

class ModelInfo(_message.Message):
    __slots__ = ("name", "version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class AnimationHeader(_message.Message):
    __slots__ = ("rig", "frame_rate_hz", "seed", "model", "server_version", "latency_mode", "window_frames", "look_ahead_ms", "stream_id")
    RIG_FIELD_NUMBER: _ClassVar[int]
    FRAME_RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    LATENCY_MODE_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FRAMES_FIELD_NUMBER: _ClassVar[int]
    LOOK_AHEAD_MS_FIELD_NUMBER: _ClassVar[int]
    STREAM_ID_FIELD_NUMBER: _ClassVar[int]
    rig: _face_pb2.FaceRig
    frame_rate_hz: int
    seed: int
    model: ModelInfo
    server_version: str
    latency_mode: LatencyMode
    window_frames: int
    look_ahead_ms: int
    stream_id: str
    def __init__(self, rig: _Optional[_Union[_face_pb2.FaceRig, _Mapping]] = ..., frame_rate_hz: _Optional[int] = ..., seed: _Optional[int] = ..., model: _Optional[_Union[ModelInfo, _Mapping]] = ..., server_version: _Optional[str] = ..., latency_mode: _Optional[_Union[LatencyMode, str]] = ..., window_frames: _Optional[int] = ..., look_ahead_ms: _Optional[int] = ..., stream_id: _Optional[str] = ...) -> None: ...

class FrameBatch(_message.Message):
    __slots__ = ("utterance_index", "frames", "audio", "is_idle", "is_easing")
    UTTERANCE_INDEX_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    IS_IDLE_FIELD_NUMBER: _ClassVar[int]
    IS_EASING_FIELD_NUMBER: _ClassVar[int]
    utterance_index: int
    frames: _containers.RepeatedCompositeFieldContainer[_face_pb2.FaceFrame]
    audio: bytes
    is_idle: bool
    is_easing: bool
    def __init__(self, utterance_index: _Optional[int] = ..., frames: _Optional[_Iterable[_Union[_face_pb2.FaceFrame, _Mapping]]] = ..., audio: _Optional[bytes] = ..., is_idle: _Optional[bool] = ..., is_easing: _Optional[bool] = ...) -> None: ...

class UtteranceEnd(_message.Message):
    __slots__ = ("utterance_index", "num_frames", "audio_duration_s", "was_interrupted")
    UTTERANCE_INDEX_FIELD_NUMBER: _ClassVar[int]
    NUM_FRAMES_FIELD_NUMBER: _ClassVar[int]
    AUDIO_DURATION_S_FIELD_NUMBER: _ClassVar[int]
    WAS_INTERRUPTED_FIELD_NUMBER: _ClassVar[int]
    utterance_index: int
    num_frames: int
    audio_duration_s: float
    was_interrupted: bool
    def __init__(self, utterance_index: _Optional[int] = ..., num_frames: _Optional[int] = ..., audio_duration_s: _Optional[float] = ..., was_interrupted: _Optional[bool] = ...) -> None: ...

class AnimateResponse(_message.Message):
    __slots__ = ("header", "frames", "end")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    header: AnimationHeader
    frames: FrameBatch
    end: UtteranceEnd
    def __init__(self, header: _Optional[_Union[AnimationHeader, _Mapping]] = ..., frames: _Optional[_Union[FrameBatch, _Mapping]] = ..., end: _Optional[_Union[UtteranceEnd, _Mapping]] = ...) -> None: ...

class AnimateClipRequest(_message.Message):
    __slots__ = ("file", "raw", "settings")
    FILE_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    file: bytes
    raw: _audio_pb2.RawAudio
    settings: AnimationSettings
    def __init__(self, file: _Optional[bytes] = ..., raw: _Optional[_Union[_audio_pb2.RawAudio, _Mapping]] = ..., settings: _Optional[_Union[AnimationSettings, _Mapping]] = ...) -> None: ...

class AnimateClipResponse(_message.Message):
    __slots__ = ("header", "frames", "end")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    header: AnimationHeader
    frames: FrameBatch
    end: UtteranceEnd
    def __init__(self, header: _Optional[_Union[AnimationHeader, _Mapping]] = ..., frames: _Optional[_Union[FrameBatch, _Mapping]] = ..., end: _Optional[_Union[UtteranceEnd, _Mapping]] = ...) -> None: ...

class ListStylesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StyleInfo(_message.Message):
    __slots__ = ("name", "description")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class ListStylesResponse(_message.Message):
    __slots__ = ("styles",)
    STYLES_FIELD_NUMBER: _ClassVar[int]
    styles: _containers.RepeatedCompositeFieldContainer[StyleInfo]
    def __init__(self, styles: _Optional[_Iterable[_Union[StyleInfo, _Mapping]]] = ...) -> None: ...

class GetServerInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ServerLimits(_message.Message):
    __slots__ = ("max_streams", "max_clip_s", "max_message_bytes", "max_buffered_s", "max_idle_s", "max_streams_per_client")
    MAX_STREAMS_FIELD_NUMBER: _ClassVar[int]
    MAX_CLIP_S_FIELD_NUMBER: _ClassVar[int]
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_BUFFERED_S_FIELD_NUMBER: _ClassVar[int]
    MAX_IDLE_S_FIELD_NUMBER: _ClassVar[int]
    MAX_STREAMS_PER_CLIENT_FIELD_NUMBER: _ClassVar[int]
    max_streams: int
    max_clip_s: float
    max_message_bytes: int
    max_buffered_s: float
    max_idle_s: float
    max_streams_per_client: int
    def __init__(self, max_streams: _Optional[int] = ..., max_clip_s: _Optional[float] = ..., max_message_bytes: _Optional[int] = ..., max_buffered_s: _Optional[float] = ..., max_idle_s: _Optional[float] = ..., max_streams_per_client: _Optional[int] = ...) -> None: ...

class ModeCapacity(_message.Message):
    __slots__ = ("latency_mode", "num_streams")
    LATENCY_MODE_FIELD_NUMBER: _ClassVar[int]
    NUM_STREAMS_FIELD_NUMBER: _ClassVar[int]
    latency_mode: LatencyMode
    num_streams: int
    def __init__(self, latency_mode: _Optional[_Union[LatencyMode, str]] = ..., num_streams: _Optional[int] = ...) -> None: ...

class ServerCapacity(_message.Message):
    __slots__ = ("load", "modes")
    LOAD_FIELD_NUMBER: _ClassVar[int]
    MODES_FIELD_NUMBER: _ClassVar[int]
    load: float
    modes: _containers.RepeatedCompositeFieldContainer[ModeCapacity]
    def __init__(self, load: _Optional[float] = ..., modes: _Optional[_Iterable[_Union[ModeCapacity, _Mapping]]] = ...) -> None: ...

class GetServerInfoResponse(_message.Message):
    __slots__ = ("server_version", "model", "rig", "frame_rates_hz", "style_dim", "device", "limits", "num_streams", "look_aheads_ms", "capacity")
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    RIG_FIELD_NUMBER: _ClassVar[int]
    FRAME_RATES_HZ_FIELD_NUMBER: _ClassVar[int]
    STYLE_DIM_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    NUM_STREAMS_FIELD_NUMBER: _ClassVar[int]
    LOOK_AHEADS_MS_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    server_version: str
    model: ModelInfo
    rig: _face_pb2.FaceRig
    frame_rates_hz: _containers.RepeatedScalarFieldContainer[int]
    style_dim: int
    device: str
    limits: ServerLimits
    num_streams: int
    look_aheads_ms: _containers.RepeatedScalarFieldContainer[int]
    capacity: ServerCapacity
    def __init__(self, server_version: _Optional[str] = ..., model: _Optional[_Union[ModelInfo, _Mapping]] = ..., rig: _Optional[_Union[_face_pb2.FaceRig, _Mapping]] = ..., frame_rates_hz: _Optional[_Iterable[int]] = ..., style_dim: _Optional[int] = ..., device: _Optional[str] = ..., limits: _Optional[_Union[ServerLimits, _Mapping]] = ..., num_streams: _Optional[int] = ..., look_aheads_ms: _Optional[_Iterable[int]] = ..., capacity: _Optional[_Union[ServerCapacity, _Mapping]] = ...) -> None: ...

class EncodeStyleRequest(_message.Message):
    __slots__ = ("curve_names", "frame_rate_hz", "frames", "name")
    CURVE_NAMES_FIELD_NUMBER: _ClassVar[int]
    FRAME_RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    curve_names: _containers.RepeatedScalarFieldContainer[str]
    frame_rate_hz: float
    frames: _containers.RepeatedCompositeFieldContainer[_face_pb2.FaceFrame]
    name: str
    def __init__(self, curve_names: _Optional[_Iterable[str]] = ..., frame_rate_hz: _Optional[float] = ..., frames: _Optional[_Iterable[_Union[_face_pb2.FaceFrame, _Mapping]]] = ..., name: _Optional[str] = ...) -> None: ...

class EncodeStyleResponse(_message.Message):
    __slots__ = ("style", "nearest_style_name")
    STYLE_FIELD_NUMBER: _ClassVar[int]
    NEAREST_STYLE_NAME_FIELD_NUMBER: _ClassVar[int]
    style: StyleVector
    nearest_style_name: str
    def __init__(self, style: _Optional[_Union[StyleVector, _Mapping]] = ..., nearest_style_name: _Optional[str] = ...) -> None: ...

class ListStreamsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StreamInfo(_message.Message):
    __slots__ = ("stream_id", "method", "client", "latency_mode", "style_name", "age_s", "utterance_index", "num_frames", "buffered_s", "lateness_s")
    STREAM_ID_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    LATENCY_MODE_FIELD_NUMBER: _ClassVar[int]
    STYLE_NAME_FIELD_NUMBER: _ClassVar[int]
    AGE_S_FIELD_NUMBER: _ClassVar[int]
    UTTERANCE_INDEX_FIELD_NUMBER: _ClassVar[int]
    NUM_FRAMES_FIELD_NUMBER: _ClassVar[int]
    BUFFERED_S_FIELD_NUMBER: _ClassVar[int]
    LATENESS_S_FIELD_NUMBER: _ClassVar[int]
    stream_id: str
    method: str
    client: str
    latency_mode: LatencyMode
    style_name: str
    age_s: float
    utterance_index: int
    num_frames: int
    buffered_s: float
    lateness_s: float
    def __init__(self, stream_id: _Optional[str] = ..., method: _Optional[str] = ..., client: _Optional[str] = ..., latency_mode: _Optional[_Union[LatencyMode, str]] = ..., style_name: _Optional[str] = ..., age_s: _Optional[float] = ..., utterance_index: _Optional[int] = ..., num_frames: _Optional[int] = ..., buffered_s: _Optional[float] = ..., lateness_s: _Optional[float] = ...) -> None: ...

class ListStreamsResponse(_message.Message):
    __slots__ = ("streams",)
    STREAMS_FIELD_NUMBER: _ClassVar[int]
    streams: _containers.RepeatedCompositeFieldContainer[StreamInfo]
    def __init__(self, streams: _Optional[_Iterable[_Union[StreamInfo, _Mapping]]] = ...) -> None: ...
