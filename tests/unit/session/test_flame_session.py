"""A session over a model that moves a FLAME face keeps the promises of any other."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from posecast.config import AnimationOptions
from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_INDEX
from posecast.rig.package_rig import RigFiles
from posecast.session.batch import make_next_windows
from posecast.session.engine import AnimationEngine
from posecast.session.pipeline import animate
from posecast.session.streaming import StreamingSession
from posecast.signals import Style, Waveform, join_frames

JAW_OPEN, MOUTH_CLOSE = CURVE_INDEX["jawOpen"], CURVE_INDEX["mouthClose"]
STILL_EYES = Style(
    vector=np.zeros(128, np.float32), blink_rate_hz=0.0, gaze_range=0.0, head_wander_rad=0.0
)


def stream(engine, samples, options, size):
    session = StreamingSession(engine, options, sample_rate_hz=16_000, style=STILL_EYES)
    parts = [session.push(samples[start : start + size]) for start in range(0, len(samples), size)]
    return join_frames([*parts, session.finish()])


@pytest.mark.parametrize("mode", ["offline", "balanced", "realtime"])
def test_chunking_does_not_change_frames(tiny_flame_engine, speech_like, mode):
    options = AnimationOptions(seed=3, mode=mode, frame_rate_hz=30)
    clip = speech_like[:40_001]

    whole, *cut = (stream(tiny_flame_engine, clip, options, size) for size in (40_001, 320, 7001))

    assert len(whole) == 76  # 2.5 s at 30 frames a second
    for frames in cut:
        np.testing.assert_array_equal(frames.weights, whole.weights)
        np.testing.assert_array_equal(frames.head, whole.head)


def test_the_jaw_moves_with_the_speech_and_weights_stay_in_range(tiny_flame_engine, speech_like):
    options = AnimationOptions(seed=3)
    waveform = Waveform(samples=speech_like[:48_000], sample_rate_hz=16_000)
    louder = dataclasses.replace(waveform, samples=np.roll(waveform.samples, 20_000))

    frames, other = (
        animate(tiny_flame_engine, clip, options, STILL_EYES) for clip in (waveform, louder)
    )

    assert frames.weights[:, JAW_OPEN].std() > 0.01
    assert not np.allclose(frames.weights, other.weights)
    assert frames.weights.min() >= 0
    assert frames.weights.max() <= 1
    assert (frames.weights[:, MOUTH_CLOSE] <= frames.weights[:, JAW_OPEN]).all()
    np.testing.assert_allclose(np.linalg.norm(frames.head, axis=1), 1, atol=1e-5)


def test_sessions_side_by_side_make_what_each_makes_alone(tiny_flame_engine, speech_like):
    options = [AnimationOptions(seed=seed, mode="balanced") for seed in (1, 2)]
    clips = [speech_like[:32_000], speech_like[8_000:40_000]]
    alone = [
        stream(tiny_flame_engine, clip, own, 32_000)
        for clip, own in zip(clips, options, strict=True)
    ]

    sessions = [
        StreamingSession(tiny_flame_engine, own, sample_rate_hz=16_000, style=STILL_EYES)
        for own in options
    ]
    parts = [[], []]
    for session, clip in zip(sessions, clips, strict=True):
        session.take(clip)
    for session, part in zip(sessions, parts, strict=True):
        part.append(session.end())
    while all(session.has_window for session in sessions):
        for part, frames in zip(parts, make_next_windows(sessions), strict=True):
            part.append(frames)

    for part, frames in zip(parts, alone, strict=True):
        together = join_frames(part)
        np.testing.assert_allclose(together.weights, frames.weights, atol=1e-4)
        np.testing.assert_allclose(together.head, frames.head, atol=1e-4)


def test_the_package_tells_whose_face_it_is(tiny_flame_engine, speech_like):
    mean = dataclasses.replace(tiny_flame_engine, shape=np.zeros(100, np.float32))
    waveform = Waveform(samples=speech_like[:16_000], sample_rate_hz=16_000)

    own, usual = (
        animate(engine, waveform, AnimationOptions(seed=1), STILL_EYES)
        for engine in (tiny_flame_engine, mean)
    )

    assert tiny_flame_engine.shape.shape == (100,)
    assert not np.allclose(own.weights, usual.weights, atol=1e-4)


def test_any_look_ahead_up_to_400_ms_may_be_chosen(tiny_flame_engine, speech_like):
    faces = [
        stream(
            tiny_flame_engine,
            speech_like[:16_000],
            AnimationOptions(seed=1, mode="realtime", look_ahead_ms=look_ahead_ms),
            16_000,
        )
        for look_ahead_ms in (40, 400)
    ]

    assert len(faces[0]) == len(faces[1]) == 25
    with pytest.raises(InvalidRequest, match="look-ahead of 50 ms"):
        stream(tiny_flame_engine, speech_like, AnimationOptions(look_ahead_ms=50), 16_000)


def test_a_fitted_map_takes_the_place_of_the_fallback(
    tiny_flame_package, speech_like, toy_fit, tmp_path
):
    from posecast.rig.flame_map_file import write_flame_map

    path = tmp_path / "map.npz"
    write_flame_map(path, toy_fit.fitted)
    engine = AnimationEngine.load(tiny_flame_package, "cpu", RigFiles(rig_map=path))
    waveform = Waveform(samples=speech_like[:16_000], sample_rate_hz=16_000)

    frames = animate(engine, waveform, AnimationOptions(seed=1), STILL_EYES)

    assert (frames.weights.max(axis=0) > 0.01).sum() > 5  # the fallback moves the jaw alone


def test_files_for_a_flame_face_do_not_fit_another_model(tiny_package, tmp_path):
    with pytest.raises(InvalidRequest, match="'tiny', which moves ARKit curves itself"):
        AnimationEngine.load(tiny_package, "cpu", RigFiles(rig_map=tmp_path / "map.npz"))
    with pytest.raises(InvalidRequest, match="one of the two"):
        RigFiles(rig_map=tmp_path, flame_model=tmp_path)
