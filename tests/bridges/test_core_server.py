"""The client core against the real server, with the bundled speech."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import grpc
import numpy as np
import pytest

from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as pb
from posecast.v1 import face_animation_service_pb2_grpc as pb_grpc

pytestmark = pytest.mark.timeout(900)  # the first test builds

ASSETS = Path(__file__).parents[1] / "assets"
HEADER, FIRST_FRAME, END, PLAYED, RECONNECTING = 1, 2, 3, 4, 5
IDLE, EASING, LOCAL = 1, 2, 4
WAS_INTERRUPTED = 1
ROUNDING = 2e-4
"""Windows of several streams are computed together, which changes weights by less than 1e-4."""


@pytest.fixture
def made_by_python(address, pcm):
    """The frames of stretches of the speech, by a client that shares nothing with the core."""

    def make(*stretches_s: tuple[float, float], seed: int) -> list[np.ndarray]:
        speech = pcm.read_bytes()

        def requests():
            yield pb.AnimateRequest(
                config=pb.AnimateConfig(
                    audio_format=audio_pb2.AudioFormat(
                        encoding=audio_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=16_000
                    ),
                    settings=pb.AnimationSettings(seed=seed),
                )
            )
            for begin_s, end_s in stretches_s:
                data = speech[round(begin_s * 16_000) * 2 : round(end_s * 16_000) * 2]
                yield pb.AnimateRequest(audio=audio_pb2.AudioChunk(data=data))
                yield pb.AnimateRequest(end_of_utterance=pb.EndOfUtterance())

        frames: list[list] = [[] for _ in stretches_s]
        with grpc.insecure_channel(address) as channel:
            stub = pb_grpc.FaceAnimationServiceStub(channel)
            for response in stub.Animate(requests()):
                frames[response.frames.utterance_index] += [
                    [*f.weights, f.head.x, f.head.y, f.head.z, f.head.w]
                    for f in response.frames.frames
                ]
        return [np.array(values) for values in frames]

    return make


def indices(frames: list[dict]) -> list[int]:
    return [frame["index"] for frame in frames]


def values(frames: list[dict]) -> np.ndarray:
    return np.array([frame["values"] for frame in frames])


def test_all_frames_of_two_utterances_come_in_order_and_as_the_server_made_them(
    drive, address, made_by_python
):
    driver = drive(address, seed=7)
    assert driver("push", 0, 2).done == 32_000
    driver("end")
    driver("push", 2, 3.5)
    driver("end")
    driver("until", PLAYED, 1, 30)

    first, second = (driver.came.of(utterance) for utterance in (0, 1))
    expected = made_by_python((0, 2), (2, 3.5), seed=7)
    assert indices(first) == list(range(50))
    assert indices(second) == list(range(38))
    np.testing.assert_allclose(values(first), expected[0], atol=ROUNDING)
    np.testing.assert_allclose(values(second), expected[1], atol=ROUNDING)
    for frame in first + second:
        assert frame["time_s"] == pytest.approx(frame["index"] / 25)
        assert frame["lag_s"] >= -1e-6
    lags_ms = 1000 * np.array([frame["lag_s"] for frame in first + second])
    print(f"released after the due time: p50 {np.median(lags_ms):.1f} ms, ", end="")
    print(f"p95 {np.quantile(lags_ms, 0.95):.1f} ms, polled each 2 ms")
    stats = driver("stats").stats
    assert stats["frames_received"] == 88
    assert stats["frames_malformed"] == stats["samples_lost"] == stats["frames_dropped"] == 0


def test_the_curves_are_those_of_the_golden_names(drive, address):
    driver = drive(address)
    driver("until", HEADER, 0, 30)
    with (ASSETS / "bridges" / "names.csv").open(encoding="ascii", newline="") as file:
        places = {row["arkit"]: int(row["wire_index"]) for row in csv.DictReader(file)}
    curves = sorted((name for name in places if places[name] >= 0), key=places.get)
    assert driver("names").names == curves


def test_an_interrupt_eases_to_rest_from_what_is_shown(drive, address):
    driver = drive(address, seed=7)
    driver("push", 0, 8)
    driver("until", FIRST_FRAME, 0, 30)
    driver("run", 0.8)
    driver("interrupt")
    driver("push", 0, 1)
    driver("end")
    driver("until", PLAYED, 1, 30)

    spoken, eased = driver.came.of(0), driver.came.of(0, EASING)
    assert len(spoken) < 60
    assert indices(spoken + eased) == list(range(len(spoken) + 5))
    at_rest = np.zeros(56)
    at_rest[-1] = 1
    np.testing.assert_allclose(values(eased)[-1], at_rest, atol=1e-6)
    jumps = np.abs(np.diff(values(spoken + eased)[:, :52], axis=0)).max(axis=1)
    assert jumps[-5:].max() < 0.5
    assert indices(driver.came.of(1)) == list(range(25))
    ends = {e["utterance"]: e["flags"] for e in driver.came.events if e["kind"] == END}
    assert ends == {0: WAS_INTERRUPTED, 1: 0}


def test_an_update_holds_from_where_it_was_made(drive, address, made_by_python):
    driver = drive(address, seed=7)
    driver("push", 0, 1.5)
    driver("end")
    driver("style", "cheerful")
    driver("push", 2, 3.5)
    driver("end")
    driver("until", PLAYED, 1, 30)

    expected = made_by_python((0, 1.5), (2, 3.5), seed=7)
    np.testing.assert_allclose(values(driver.came.of(0)), expected[0], atol=ROUNDING)
    assert np.abs(values(driver.came.of(1)) - expected[1]).max() > 0.02


def test_a_server_that_is_killed_and_comes_back_is_found_within_2_s(drive, start_server):
    server = start_server()
    driver = drive(server.address, seed=7)
    driver("push", 0, 2)
    driver("until", FIRST_FRAME, 0, 30)
    driver("run", 0.4)
    server.kill()
    assert driver("until", RECONNECTING, 0, 30).done == 1

    start_server(port=int(server.address.rsplit(":", 1)[1]))
    began_s = time.monotonic()
    assert driver("until", HEADER, 0, 30).done == 1
    took_s = time.monotonic() - began_s
    print(f"reconnected {took_s:.2f} s after the server was there again")
    driver("push", 2, 3)
    driver("end")
    driver("until", PLAYED, 0, 30)

    assert took_s < 2
    stats = driver("stats").stats
    assert stats["reconnections"] == 1
    shown = indices(driver.came.of(0))
    assert shown == sorted(set(shown))
    assert shown[-1] == 74  # three seconds in all, whatever of them was lost
    lost_frames = stats["samples_lost"] / 640
    assert len(shown) == pytest.approx(75 - lost_frames, abs=1.01)


def test_the_face_follows_the_audio_player(drive, address, made_by_python):
    driver = drive(address, seed=7, clock=1)
    driver("push", 0, 2)
    driver("end")
    assert driver("until", FIRST_FRAME, 0, 30).frames == []
    came = driver("play", 0.8, 0, 0.5)  # for 0.8 s, as if the audio were played from 0.5 s on

    shown = indices(came.frames)
    assert shown[0] == 12
    assert shown[-1] in (31, 32)
    assert shown == list(range(shown[0], shown[-1] + 1))
    (expected,) = made_by_python((0, 2), seed=7)
    np.testing.assert_allclose(values(came.frames), expected[shown], atol=ROUNDING)


def test_live_speech_is_shown_as_it_is_spoken(drive, address):
    driver = drive(address, seed=7, mode=3, start_delay=250)
    for tenth in range(25):
        driver("push", tenth / 10, tenth / 10 + 0.1)
        driver("run", 0.1)
    driver("end")
    driver("until", PLAYED, 0, 30)

    assert indices(driver.came.of(0)) == list(range(63))
    print(f"under-runs in 2.5 s of live speech: {driver('stats').stats['underruns']}")


def test_idle_life_is_shown_until_the_speech_begins(drive, address):
    driver = drive(address, seed=7, idles=1)
    driver("until", HEADER, 0, 30)
    driver("run", 0.8)
    idle = [frame for frame in driver.came.frames if frame["flags"] == IDLE]
    assert len(idle) >= 12
    assert indices(idle) == list(range(len(idle)))
    driver("push", 0, 1)
    driver("end")
    driver("until", PLAYED, 0, 30)
    assert indices(driver.came.of(0)) == list(range(25))


def test_a_busy_client_is_gone_at_once(drive, address):
    driver = drive(address)
    driver("until", HEADER, 0, 30)
    driver("push", 0, 8)
    driver("run", 0.2)
    began_s = time.monotonic()
    assert driver.stop() == 0
    assert time.monotonic() - began_s < 2
