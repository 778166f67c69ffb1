"""The engine-free core: compiled as C# 7 without a warning, its NUnit tests run under Mono."""

from __future__ import annotations

import json
import os
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np

from posecast.v1 import audio_pb2, face_pb2
from posecast.v1 import face_animation_service_pb2 as pb

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PACKAGE = ROOT / "unity_bridge/com.posecast.unity"
NUNIT = Path("/usr/lib/cli/nunit.framework-2.6.3/nunit.framework.dll")


def test_nunit_tests_pass(mono, tmp_path):
    (mono.folder / NUNIT.name).write_bytes(NUNIT.read_bytes())
    mono.make(
        "Posecast.Tests.dll", sorted((PACKAGE / "Tests/Editor").glob("*.cs")),
        references=["nunit.framework", "Google.Protobuf", "Posecast.Generated", "Posecast.Core"],
    )  # fmt: skip
    report = tmp_path / "report.xml"

    done = subprocess.run(
        ["nunit-console", "-nologo", "-noshadow", "-nothread", f"-xml={report}",
         mono.folder / "Posecast.Tests.dll"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "POSECAST_GOLDEN_CASES": str(ROOT / "tests/assets/bridges")},
    )  # fmt: skip

    assert report.exists(), done.stdout + done.stderr
    cases = ET.parse(report).getroot().iter("test-case")  # noqa: S314 # written by our own run
    results = {case.get("name"): case.get("result") for case in cases}
    assert len(results) > 150
    failed = {name: result for name, result in results.items() if result != "Success"}
    assert not failed, done.stdout[-6000:]
    assert done.returncode == 0


def test_core_names_no_engine():
    for file in (PACKAGE / "Runtime/Core").rglob("*.cs"):
        assert "UnityEngine" not in file.read_text(encoding="utf-8"), file


def make_messages() -> list:
    """One of each message that a bridge sends or receives, with fields of every kind."""
    rng = np.random.default_rng(2)
    frames = [
        face_pb2.FaceFrame(
            index=index,
            weights=rng.uniform(0, 1, 52),
            head=face_pb2.HeadPose(x=0.1, y=-0.2, z=0.0, w=0.97),
        )
        for index in (0, 1, 127, 128, 2**40)
    ]
    settings = pb.AnimationSettings(
        style_name="cheerful:0.6,tired:0.4", seed=2**64 - 1, frame_rate_hz=60,
        latency_mode=pb.LATENCY_MODE_REALTIME, audio_guidance=0.0, style_strength=1.5,
        curve_adjustments=[pb.CurveAdjustment(curve_name="jawOpen", multiplier=0.0)],
        strengths=pb.RegionStrengths(head=0.5), smoothing=pb.Smoothing(head_s=0.1),
    )  # fmt: skip
    audio_format = audio_pb2.AudioFormat(
        encoding=audio_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=48000, num_channels=2
    )
    return [
        pb.AnimateRequest(config=pb.AnimateConfig(audio_format=audio_format, settings=settings)),
        pb.AnimateRequest(audio=audio_pb2.AudioChunk(data=bytes(range(256)) * 3)),
        pb.AnimateRequest(end_of_utterance=pb.EndOfUtterance()),
        pb.AnimateRequest(interrupt=pb.Interrupt(frame_index=0, utterance_index=3)),
        pb.AnimateRequest(update=pb.SettingsUpdate(settings=settings)),
        pb.AnimateResponse(
            header=pb.AnimationHeader(
                rig=face_pb2.FaceRig(curve_names=["jawOpen", "größe"], coordinate_system=1),
                frame_rate_hz=60, seed=5, server_version="0.1.0", stream_id="5f3a09c1",
            )
        ),
        pb.AnimateResponse(frames=pb.FrameBatch(utterance_index=1, frames=frames, is_easing=True)),
        pb.AnimateResponse(
            end=pb.UtteranceEnd(num_frames=7, audio_duration_s=1 / 3, was_interrupted=True)
        ),
    ]  # fmt: skip


def test_messages_are_byte_for_byte_those_of_python(run_mono, tmp_path):
    messages = make_messages()
    lines = [f"{type(m).DESCRIPTOR.name} {m.SerializeToString().hex()}" for m in messages]
    (tmp_path / "messages.txt").write_text("\n".join(lines) + "\n")

    back = run_mono(HERE / "support/EchoMessages.cs", str(tmp_path / "messages.txt"))

    assert back.splitlines() == lines


def test_a_frame_costs_no_memory_and_little_time(run_mono):
    figures = json.loads(run_mono(HERE / "support/FrameBench.cs", "20000"))

    assert figures["bytes_per_frame"] == 0
    assert figures["num_curves"] == 52
    # The aim is 20 us; a machine that is busy with other tests gets five times that.
    assert figures["us_per_frame"] < 100
