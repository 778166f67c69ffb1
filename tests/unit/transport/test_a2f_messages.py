"""Our message definitions against the protocol's tables and bytes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor, json_format

from posecast.nvidia_ace import a2f_controller_pb2 as pb
from posecast.nvidia_ace import a2x_export_config_pb2 as config_pb

ASSETS = Path(__file__).parents[2] / "assets" / "a2f3d"
SERVER = Path(__file__).parents[3] / "server"
FD = descriptor.FieldDescriptor
SCALARS = {
    FD.TYPE_DOUBLE: "double", FD.TYPE_FLOAT: "float", FD.TYPE_INT32: "int32",
    FD.TYPE_UINT32: "uint32", FD.TYPE_BOOL: "bool", FD.TYPE_STRING: "string",
    FD.TYPE_BYTES: "bytes",
}  # fmt: skip


def lines_of(name):
    lines = (ASSETS / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def local_name(message):
    return message.full_name.removeprefix(message.file.package + ".")


def type_of(field):
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        key, value = (type_of(field.message_type.fields_by_name[n]) for n in ("key", "value"))
        return f"map<{key},{value}>"
    other = field.message_type or field.enum_type
    return (
        local_name(other)
        if field.type not in SCALARS and "google" not in other.full_name
        else (SCALARS.get(field.type) or other.full_name)
    )


def label_of(field):
    if "map<" in type_of(field):
        return ""
    if field.is_repeated:
        return "rep "
    if field.containing_oneof is None:
        return ""
    return "opt " if field.containing_oneof.name.startswith("_") else "one "


def defined_fields():
    for file in (pb.DESCRIPTOR, config_pb.DESCRIPTOR):
        for message in file.message_types_by_name.values():
            for field in message.fields:
                yield (
                    f"{local_name(message)} {field.number} {field.name} "
                    f"{label_of(field)}{type_of(field)}"
                )
            for enum in message.enum_types:
                for value in enum.values:
                    yield f"enum {local_name(message)}.{enum.name} {value.number} {value.name}"


def test_every_field_and_every_value_is_the_protocols_and_none_is_missing():
    assert set(defined_fields()) == set(lines_of("messages.txt"))


def test_the_paths_of_the_methods_are_the_protocols():
    methods = {
        method.full_name: (method.input_type.name, method.output_type.name)
        for file in (pb.DESCRIPTOR, config_pb.DESCRIPTOR)
        for service in file.services_by_name.values()
        for method in service.methods
    }

    controller = "nvidia_ace.services.a2f_controller.v1.A2FControllerService.ProcessAudioStream"
    exporter = "nvidia_ace.services.a2x_export_config.v1.A2XExportConfigService.GetConfigs"
    assert methods == {
        controller: ("AudioStream", "AnimationDataStream"),
        exporter: ("ConfigsTypeRequest", "A2XConfig"),
    }


@pytest.mark.parametrize("line", lines_of("vectors.txt"), ids=lambda line: line.split(" | ")[0])
def test_bytes_on_the_wire(line):
    _, name, json, wire = line.split(" | ")
    message_type = getattr(pb, name)
    data = bytes.fromhex(wire.replace(" ", ""))

    written = json_format.Parse(json, message_type())

    assert written.SerializeToString(deterministic=True) == data
    assert message_type.FromString(data) == written


def test_a_process_may_hold_the_vendors_messages_too():
    # As its own client does: the same full names in the same pool, in files of other names.
    code = """
import sys
from google.protobuf import descriptor_pb2, descriptor_pool
for package, names in {
    "nvidia_ace.controller.v1": ["AudioStream", "AnimationDataStream"],
    "nvidia_ace.emotion_aggregate.v1": ["EmotionAggregate"],
}.items():
    file = descriptor_pb2.FileDescriptorProto(name=package + ".proto", package=package)
    for name in names:
        file.message_type.add(name=name)
    descriptor_pool.Default().Add(file)
import posecast.transport.server
sys.exit("nvidia_ace" in sys.modules)
"""

    finished = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(SERVER)}, capture_output=True,
        text=True, check=False, timeout=60,
    )  # fmt: skip

    assert finished.returncode == 0, finished.stderr
