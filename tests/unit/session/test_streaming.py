"""The session: what the frames depend on, and what they do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from posecast.config import AnimationOptions
from posecast.denoising.window_sampler import SampledWindows
from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_INDEX, MOTION_DIM, NUM_CURVES
from posecast.rig.head_pose import (
    quaternion_from_rotation_vector,
    yaw_pitch_roll_deg_from_quaternion,
)
from posecast.session.engine import AnimationEngine
from posecast.session.motion import MotionStream
from posecast.session.streaming import StreamingSession
from posecast.signals import FaceFrames, Style, join_frames


def stream(
    engine: AnimationEngine,
    samples: np.ndarray,
    options: AnimationOptions,
    chunk_sizes: list[int],
    sample_rate_hz: int = 16_000,
) -> FaceFrames:
    session = StreamingSession(engine, options, sample_rate_hz=sample_rate_hz)
    parts, start, turn = [], 0, 0
    while start < len(samples):
        size = chunk_sizes[turn % len(chunk_sizes)]
        parts.append(session.push(samples[start : start + size]))
        start, turn = start + size, turn + 1
    parts.append(session.finish())
    return join_frames(parts)


@pytest.mark.parametrize("mode", ["offline", "balanced", "realtime"])
@pytest.mark.parametrize("sample_rate_hz", [16_000, 48_000])
def test_chunking_does_not_change_frames(
    tiny_engine: AnimationEngine, speech_like: np.ndarray, mode: str, sample_rate_hz: int
) -> None:
    options = AnimationOptions(seed=3, mode=mode, frame_rate_hz=60)
    clip = speech_like[:70_001]
    whole = stream(tiny_engine, clip, options, [len(clip)], sample_rate_hz)

    rng = np.random.default_rng(0)
    for sizes in ([sample_rate_hz // 50], [sample_rate_hz], list(rng.integers(1, 5000, 40))):
        cut = stream(tiny_engine, clip, options, [int(size) for size in sizes], sample_rate_hz)
        np.testing.assert_array_equal(cut.weights, whole.weights)
        np.testing.assert_array_equal(cut.head, whole.head)


def test_single_samples_do_not_change_frames(
    tiny_engine: AnimationEngine, speech_like: np.ndarray
) -> None:
    options = AnimationOptions(seed=3, mode="realtime")
    clip = speech_like[:9_000]
    whole = stream(tiny_engine, clip, options, [len(clip)])
    cut = stream(tiny_engine, clip, options, [1])
    np.testing.assert_array_equal(cut.weights, whole.weights)


def test_interleaved_sessions_do_not_mix(
    tiny_engine: AnimationEngine, speech_like: np.ndarray
) -> None:
    options = AnimationOptions(seed=3, mode="realtime")
    clips = [speech_like[:40_000], speech_like[30_000:70_000][::-1].copy()]
    alone = [stream(tiny_engine, clip, options, [3_000]) for clip in clips]
    sessions = [StreamingSession(tiny_engine, options, sample_rate_hz=16_000) for _ in clips]
    parts: list[list[FaceFrames]] = [[], []]
    for start in range(0, 40_000, 3_000):
        for session, clip, own in zip(sessions, clips, parts, strict=True):
            own.append(session.push(clip[start : start + 3_000]))
    for session, own, expected in zip(sessions, parts, alone, strict=True):
        own.append(session.finish())
        np.testing.assert_array_equal(join_frames(own).weights, expected.weights)


def test_same_seed_same_frames(tiny_engine: AnimationEngine, speech_like: np.ndarray) -> None:
    first, again, other = (
        stream(tiny_engine, speech_like, AnimationOptions(seed=seed), [len(speech_like)])
        for seed in (11, 11, 12)
    )
    np.testing.assert_array_equal(first.weights, again.weights)
    assert np.abs(first.head - other.head).max() > 1e-3


def test_an_unset_seed_is_drawn_and_told(
    tiny_engine: AnimationEngine, speech_like: np.ndarray
) -> None:
    session = StreamingSession(tiny_engine, AnimationOptions(), sample_rate_hz=16_000)
    frames = join_frames([session.push(speech_like), session.finish()])
    repeated = stream(
        tiny_engine, speech_like, AnimationOptions(seed=session.seed), [len(speech_like)]
    )
    np.testing.assert_array_equal(frames.weights, repeated.weights)


@pytest.mark.parametrize("frame_rate_hz", [50, 60])
def test_the_head_is_the_same_at_every_rate(
    tiny_engine: AnimationEngine, speech_like: np.ndarray, frame_rate_hz: int
) -> None:
    slow, fast = (
        stream(tiny_engine, speech_like, AnimationOptions(seed=6, frame_rate_hz=rate), [4_000])
        for rate in (25, frame_rate_hz)
    )
    # Each fifth model frame is a frame at every rate; the last window may be a frame longer.
    shared = fast.head[:: frame_rate_hz // 5][:20]
    np.testing.assert_allclose(shared, slow.head[::5][:20], atol=1e-6)


class ChattingMotion(MotionStream):
    """Two seconds of chatter and one of silence, the head at rest, whatever was sampled."""

    num_frames = 0

    def accept(self, speech: np.ndarray, sampled: Sequence[SampledWindows]) -> np.ndarray:
        super().accept(speech, sampled)
        frames = np.arange(self.num_frames, self.num_frames + len(speech))
        self.num_frames += len(speech)
        motion = np.zeros((len(frames), MOTION_DIM), np.float32)
        motion[:, CURVE_INDEX["jawOpen"]] = np.where(frames % 75 < 50, np.sin(frames), -3)
        motion[:, NUM_CURVES:] = REST_ROTATION
        return motion


REST_ROTATION = (0.5, -1.0, 0.2)  # in units of the tiny model, a tenth of a radian


@pytest.mark.parametrize("seed", range(3))
def test_the_head_does_not_drift_in_five_minutes(
    tiny_engine: AnimationEngine, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr("posecast.session.streaming.MotionStream", ChattingMotion)
    minute = np.zeros(60 * 16_000, np.float32)
    session = StreamingSession(tiny_engine, AnimationOptions(seed=seed), sample_rate_hz=16_000)
    head = join_frames([*(session.push(minute) for _ in range(5)), session.finish()]).head
    angles = yaw_pitch_roll_deg_from_quaternion(head).reshape(5, 1500, 3)
    rotation = 0.1 * np.array([REST_ROTATION], np.float32)
    rest = yaw_pitch_roll_deg_from_quaternion(quaternion_from_rotation_vector(rotation))
    np.testing.assert_allclose(angles.mean(axis=1), np.tile(rest, (5, 1)), atol=1.0)
    assert (angles.std(axis=1)[:, :2] > 1.0).all()  # it is alive to the end


@pytest.mark.parametrize("frame_rate_hz", [25, 30, 50, 60])
@pytest.mark.parametrize("num_samples", [1, 639, 640, 641, 16_000, 64_001])
def test_every_sample_is_covered_by_a_frame(
    tiny_engine: AnimationEngine, frame_rate_hz: int, num_samples: int
) -> None:
    options = AnimationOptions(seed=1, frame_rate_hz=frame_rate_hz)
    frames = stream(tiny_engine, np.zeros(num_samples, np.float32), options, [500])
    last_covered_s = len(frames) / frame_rate_hz
    assert last_covered_s >= num_samples / 16_000
    assert len(frames) == max(1, int(np.ceil(num_samples * frame_rate_hz / 16_000)))


def test_frames_keep_the_rules_of_the_rig(
    tiny_engine: AnimationEngine, speech_like: np.ndarray
) -> None:
    frames = stream(tiny_engine, speech_like, AnimationOptions(seed=4, frame_rate_hz=30), [4_000])
    assert frames.weights.min() >= 0
    assert frames.weights.max() <= 1
    jaw = frames.weights[:, CURVE_INDEX["jawOpen"]]
    assert (frames.weights[:, CURVE_INDEX["mouthClose"]] <= jaw + 1e-6).all()
    np.testing.assert_allclose(np.linalg.norm(frames.head, axis=1), 1, atol=1e-5)


def test_a_finished_session_takes_no_more(tiny_engine: AnimationEngine) -> None:
    session = StreamingSession(tiny_engine, AnimationOptions(), sample_rate_hz=16_000)
    session.finish()
    with pytest.raises(InvalidRequest, match="finished"):
        session.push(np.zeros(10, np.float32))
    with pytest.raises(InvalidRequest, match="finished"):
        session.finish()


def test_a_style_of_another_width_is_refused(tiny_engine: AnimationEngine) -> None:
    with pytest.raises(InvalidRequest, match=r"\(7,\).*\(16,\)"):
        StreamingSession(
            tiny_engine,
            AnimationOptions(),
            sample_rate_hz=16_000,
            style=Style(vector=np.zeros(7, np.float32)),
        )


def test_an_unknown_style_is_refused_with_the_known_ones(tiny_engine: AnimationEngine) -> None:
    with pytest.raises(InvalidRequest, match="'grumpy'; known: neutral, cheerful"):
        StreamingSession(tiny_engine, AnimationOptions(style="grumpy"), sample_rate_hz=16_000)


def test_another_style_gives_another_face(
    tiny_engine: AnimationEngine, speech_like: np.ndarray
) -> None:
    neutral, cheerful = (
        stream(tiny_engine, speech_like, AnimationOptions(seed=2, style=name), [len(speech_like)])
        for name in ("neutral", "cheerful")
    )
    assert np.abs(neutral.weights - cheerful.weights).max() > 1e-3
