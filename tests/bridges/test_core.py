"""The client core of the Unreal bridge: its own tests, its border, its documentation."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from pathlib import Path

import grpc
import numpy as np
import pytest

from posecast.v1 import face_animation_service_pb2 as pb
from posecast.v1 import face_animation_service_pb2_grpc as pb_grpc

ROOT = Path(__file__).parents[2]
BRIDGE = ROOT / "unreal_bridge"
CORE = BRIDGE / "core"
HEADER = CORE / "include" / "posecast_core.h"
TESTS = Path(__file__).parent / "core"
pytestmark = pytest.mark.timeout(900)  # the first test builds


@pytest.fixture(scope="session")
def tls(tmp_path_factory) -> Path | None:
    """Folder of a key and its certificate for `posecast.test`, made anew."""
    if shutil.which("openssl") is None:
        return None
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem",
         "-subj", "/CN=posecast.test", "-addext", "subjectAltName=DNS:posecast.test"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


@pytest.mark.parametrize("name", ["logic", "session", "client", "soak"])
def test_the_core_s_own_tests_pass(folder, run, name, tls):
    printed = run(
        folder / "tests" / f"test_{name}", **({"POSECAST_TEST_TLS": str(tls)} if tls else {})
    )

    for message in re.findall(r"MESSAGE: (.*)", printed):
        print(message)
    assert "Status: SUCCESS" in printed


def test_buffers_clocks_and_conversions_are_clean_under_sanitizers(built, run):
    assert "Status: SUCCESS" in run(built("debian-logic-asan") / "tests" / "test_logic")


def functions_of_the_header() -> set[str]:
    code = re.sub(r"/\*.*?\*/", "", HEADER.read_text(encoding="utf-8"), flags=re.DOTALL)
    return set(re.findall(r"POSECAST_API[^;]*?\b(posecast_\w+)\(", code))


def test_exactly_the_header_s_functions_are_exported(core):
    listed = subprocess.run(
        ["nm", "-D", "--defined-only", core / "libposecast_core.so"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip

    exported = {line.split()[-1] for line in listed.splitlines()}

    assert len(exported) > 15
    assert exported == functions_of_the_header()


def test_the_example_of_the_readme_compiles_as_c_and_speaks(core, address, pcm, tmp_path):
    readme = (BRIDGE / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```c\n(.*?)```", readme, flags=re.DOTALL)
    (tmp_path / "speak.c").write_text(example, encoding="utf-8")
    compiled = subprocess.run(
        ["cc", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
         "-I", HEADER.parent, "speak.c", "-o", "speak",
         "-L", core, "-lposecast_core", f"-Wl,-rpath,{core}"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert compiled.returncode == 0, compiled.stderr

    short = tmp_path / "short.pcm"
    short.write_bytes(pcm.read_bytes()[:64_000])  # two seconds
    spoken = subprocess.run(
        [tmp_path / "speak", address, short],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert spoken.returncode == 0, spoken.stderr
    lines = [line.split() for line in spoken.stdout.splitlines()]
    assert [int(index) for index, *_ in lines] == list(range(50))
    jaw = np.array([float(weight) for *_, weight in lines])
    assert jaw.min() >= 0
    assert jaw.max() > 0.1


class Frame(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("utterance", ctypes.c_uint32),
        ("index", ctypes.c_uint64),
        ("time_s", ctypes.c_double),
        ("due_s", ctypes.c_double),
        ("flags", ctypes.c_uint32),
        ("num_curves", ctypes.c_uint32),
        ("head", ctypes.c_float * 4),
        ("weights", ctypes.c_float * 64),
    ]


class Options(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_uint32)
        for name in (
            "struct_size", "sample_rate_hz", "num_channels", "frame_rate_hz", "latency_mode",
            "window_frames", "look_ahead_ms", "clock", "idles", "uses_tls", "start_delay_ms",
            "max_audio_ms", "max_frames_ms", "connect_timeout_ms", "idle_timeout_ms", "reserved",
        )
    ] + [
        (name, ctypes.c_char_p)
        for name in (
            "address", "token", "root_certificates_pem", "client_certificate_pem",
            "client_key_pem", "server_name",
        )
    ] + [("settings", ctypes.c_void_p)]  # fmt: skip


def test_the_core_lives_beside_another_grpc_in_one_process(core, address, pcm):
    library = ctypes.CDLL(str(core / "libposecast_core.so"))
    library.posecast_now.restype = ctypes.c_double
    client = ctypes.c_void_p()
    options = Options(
        struct_size=ctypes.sizeof(Options), sample_rate_hz=16_000, address=address.encode()
    )
    assert library.posecast_abi_version() == 1
    assert library.posecast_create(ctypes.byref(options), ctypes.byref(client), None, 0) == 0
    samples = pcm.read_bytes()[:32_000]
    library.posecast_push_audio_i16(client, samples, 16_000)
    library.posecast_end_utterance(client)
    frame = Frame(struct_size=ctypes.sizeof(Frame))
    indices = []
    with grpc.insecure_channel(address) as channel:
        stub = pb_grpc.FaceAnimationServiceStub(channel)
        while library.posecast_now(client) < 30 and len(indices) < 25:
            stub.ListStyles(pb.ListStylesRequest())
            while library.posecast_poll(client, ctypes.byref(frame)) == 1:
                indices.append(frame.index)
    library.posecast_destroy(client)

    assert indices[:25] == list(range(25))
    assert frame.num_curves == 52


def test_the_code_is_formatted():
    if shutil.which("clang-format") is None:
        pytest.skip("clang-format is not installed; it is no part of the gate")
    files = [
        *CORE.glob("**/*.[ch]"),
        *CORE.glob("src/*.cpp"),
        *TESTS.glob("*.h"),
        *TESTS.glob("*.cpp"),
    ]
    files = [file for file in files if "build" not in file.relative_to(ROOT).parts]
    assert len(files) > 50
    checked = subprocess.run(
        ["clang-format", "--dry-run", "--Werror", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr[:3000]


@pytest.mark.slow
def test_what_arrives_from_the_wire_cannot_break_the_client(built, tmp_path):
    if shutil.which("clang++") is None:
        pytest.skip("the fuzzer needs: apt install clang libclang-rt-14-dev")
    programs = built("debian-fuzz") / "tests"
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    subprocess.run([programs / "make_corpus", corpus], check=True)
    fuzzed = subprocess.run(
        [programs / "fuzz_responses", "-max_total_time=90", "-max_len=4000", corpus],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert fuzzed.returncode == 0, fuzzed.stderr[-4000:]
