"""The client over HTTP/2 against a real server: .NET Core's handler stands for Unity's."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import grpc
import numpy as np
import pytest
import soundfile

from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as pb
from posecast.v1 import face_animation_service_pb2_grpc as pb_grpc

ROOT = Path(__file__).parents[3]
SAMPLE_RATE_HZ = 16_000


class Serving:
    """`posecast serve` in a process of its own, as often as needed on one port."""

    def __init__(self, log: Path) -> None:
        self.log = log
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *arguments: str) -> None:
        self.log.write_text("")
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "server"), "OMP_NUM_THREADS": "1"}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "posecast", "serve", "--port", str(self.port), *arguments],
                stdout=log, stderr=log, env=environment,
            )  # fmt: skip
        for _ in range(600):
            if "serving on" in self.log.read_text():
                return
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        raise AssertionError("the server does not start: " + self.log.read_text())

    def kill(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture(scope="module")
def serving(dotnet, tmp_path_factory):
    serving = Serving(tmp_path_factory.mktemp("server") / "log.txt")
    serving.start()
    yield serving
    serving.kill()


@pytest.fixture(scope="module")
def speech(tmp_path_factory) -> Path:
    """Three seconds of the bundled recording, raw."""
    samples, rate = soundfile.read(ROOT / "server/posecast/samples/hello.wav", dtype="int16")
    assert rate == SAMPLE_RATE_HZ
    file = tmp_path_factory.mktemp("speech") / "speech.raw"
    file.write_bytes(samples[: 3 * rate].astype("<i2").tobytes())
    return file


@pytest.fixture
def run(dotnet, serving, speech):
    """Run a command of the console client to its end; gives its lines."""

    def run(command: str, *more: str) -> list[str]:
        process = dotnet.start("StreamClient.dll", command, serving.url, str(speech), *more)
        printed, complaints = process.communicate(timeout=90)
        assert process.returncode == 0, printed[-2000:] + complaints[-2000:]
        return printed.splitlines()

    return run


def faces_of(lines: list[str], utterance: int = 0) -> np.ndarray:
    """Time, weights and head of each face. [T, 1 + C + 4]"""
    rows = [line.split()[1:] for line in lines if line.startswith("face ")]
    return np.array([[float(cell) for cell in row[1:]] for row in rows if int(row[0]) == utterance])


@pytest.fixture(scope="module")
def expected(serving, speech) -> np.ndarray:
    """The same speech by Python's own client: time, weights, head of each frame. [T, 1 + C + 4]"""

    def requests():
        audio_format = audio_pb2.AudioFormat(
            encoding=audio_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=SAMPLE_RATE_HZ
        )
        settings = pb.AnimationSettings(seed=7)
        yield pb.AnimateRequest(
            config=pb.AnimateConfig(audio_format=audio_format, settings=settings)
        )
        yield pb.AnimateRequest(audio=audio_pb2.AudioChunk(data=speech.read_bytes()))

    with grpc.insecure_channel(f"127.0.0.1:{serving.port}") as channel:
        answers = list(pb_grpc.FaceAnimationServiceStub(channel).Animate(requests()))
    frames = [frame for answer in answers for frame in answer.frames.frames]
    return np.array(
        [[f.index / 25, *f.weights, f.head.x, f.head.y, f.head.z, f.head.w] for f in frames]
    )


def test_calls_with_one_answer(run):
    lines = run("styles")

    assert "style neutral" in lines
    assert any(line.startswith("version ") for line in lines)


def test_a_clip_is_animated(run, expected):
    faces = faces_of(run("clip"))

    assert faces.shape == expected.shape
    assert faces[:, 1:53].max() > 0.2


def test_faces_at_the_audios_time_are_those_of_python(run, expected):
    lines = run("speak")
    faces = faces_of(lines)

    # The player reads at 60 Hz between the server's frames; a face takes over from rest in 80 ms.
    settled = faces[faces[:, 0] > 0.2]
    for column in range(1, 53):
        wanted = np.interp(settled[:, 0], expected[:, 0], expected[:, column])
        # 1e-4: windows of several streams are made together, which changes the rounding of sums.
        np.testing.assert_allclose(settled[:, column], wanted, atol=2e-4)
    assert len(settled) > 150
    assert [line for line in lines if line.startswith("event UtterancePlayed")] == [
        "event UtterancePlayed 0 False", "event UtterancePlayed 1 False",
    ]  # fmt: skip
    # Another utterance of a stream has another seed: same mouth by and large, another head.
    assert not np.allclose(faces_of(lines, 1)[60, 53:], faces[60, 53:], atol=1e-4)
    assert {"dropped 0", "malformed 0", "closed Closed", "received 150"} <= set(lines)


def test_an_interrupt_eases_to_rest_in_200_ms(run):
    lines = run("interrupt")

    after = [line for line in lines[lines.index("interrupted 2") + 1 :] if line.startswith("face ")]
    weights = np.array([[float(cell) for cell in line.split()[3:55]] for line in after])
    resting = np.flatnonzero(weights.max(axis=1) < 1e-3)
    # 200 ms of easing, the way to the server and back, and a frame that is being shown.
    assert resting[0] / 60 < 0.5
    # The line that is heard may have been sent in full before; the one behind it was still open.
    assert "event UtteranceEnded 1 True" in lines
    assert "event UtteranceEnded 2 False" in lines
    assert faces_of(lines, 2)[:, 1:53].max() > 0.2


def test_a_refusal_reaches_the_user_in_the_servers_words(run):
    lines = run("refused")

    assert "state Failed" in lines
    (error,) = [line for line in lines if line.startswith("error ")]
    assert "InvalidArgument: unknown style 'no such style'" in error


def test_idle_life_moves(run):
    faces = faces_of(run("idle"))

    assert faces[-1, 53:].std() > 0
    assert np.abs(np.diff(faces[:, 53:], axis=0)).max() < 0.05  # smoothly
    assert not np.allclose(faces[-1, 53:], faces[-60, 53:], atol=1e-5)


def test_a_server_that_comes_back_is_found_within_two_seconds(dotnet, serving, speech, expected):
    client = dotnet.start("StreamClient.dll", "reconnect", serving.url, str(speech))
    for line in client.stdout:
        if line.startswith("connected"):
            break
    serving.kill()
    time.sleep(0.3)
    serving.start()

    printed, complaints = client.communicate("go\n", timeout=90)

    assert client.returncode == 0, printed[-2000:] + complaints[-2000:]
    (reconnected,) = [line for line in printed.splitlines() if line.startswith("reconnected ")]
    assert float(reconnected.split()[1]) < 2.0
    faces = faces_of(printed.splitlines())
    settled = faces[faces[:, 0] > 0.2]
    wanted = np.interp(settled[:, 0], expected[:, 0], expected[:, 18])  # jawOpen
    np.testing.assert_allclose(settled[:, 18], wanted, atol=2e-4)
