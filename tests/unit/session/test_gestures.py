"""A session nods and raises brows at what its model hears as accents, as far as the style says."""

import dataclasses

import numpy as np
import pytest

from posecast.conditioning.style_gestures import GestureReadout
from posecast.config import AnimationOptions
from posecast.rig import accent_gestures
from posecast.rig.arkit import CURVE_INDEX
from posecast.session.streaming import StreamingSession
from posecast.signals import Style, join_frames

OPTIONS = AnimationOptions(seed=3, mode="realtime")
INNER = CURVE_INDEX["browInnerUp"]


@pytest.fixture
def lively(tiny_engine, monkeypatch):
    """An engine whose styles of length 1 nod and those of length 0 do not."""
    monkeypatch.setattr(accent_gestures, "LEAST_HEARD", -9.0)  # random weights hear no accents
    dim = tiny_engine.config.denoiser.style_dim
    weights = np.zeros((dim + 1, 2), np.float32)
    weights[0] = (0.1, 0.4)
    return dataclasses.replace(
        tiny_engine,
        config=dataclasses.replace(tiny_engine.config, accent_column=9),
        styles=dataclasses.replace(tiny_engine.styles, gestures=GestureReadout(weights)),
    )


def style_of(engine, size):
    vector = np.zeros(engine.config.denoiser.style_dim, np.float32)
    vector[0] = size
    return Style(vector=vector, head_wander_rad=0.0)


def perform(engine, style, speech, *, cuts=(), change_at=None, after=None):
    session = StreamingSession(engine, OPTIONS, sample_rate_hz=16_000, style=style)
    frames = []
    for part in np.split(speech, sorted({*cuts, *([change_at] if change_at else [])})):
        frames.append(session.push(part))
        if change_at and after is not None:
            session.change(OPTIONS, after, seed=3)
            change_at = None
    return join_frames([*frames, session.finish()])


def test_a_style_nods_and_raises_its_brows_beside_what_the_denoiser_does(
    tiny_engine, lively, speech_like
):
    style = style_of(lively, 1.0)
    plain, nodding = (perform(engine, style, speech_like) for engine in (tiny_engine, lively))
    # At the same accents of the same speech.
    assert np.abs(nodding.head - plain.head).max() > 0.02
    raised = nodding.weights - plain.weights
    assert raised[:, INNER].max() > 0.1
    others = np.delete(raised, accent_gestures._BROWS, axis=1)
    np.testing.assert_array_equal(others, 0)


def test_a_style_without_gestures_has_the_face_of_the_denoiser(tiny_engine, lively, speech_like):
    style = style_of(lively, 0.0)
    plain, still = (perform(engine, style, speech_like) for engine in (tiny_engine, lively))
    np.testing.assert_allclose(still.head, plain.head, atol=1e-6)
    np.testing.assert_array_equal(still.weights, plain.weights)


def test_gestures_do_not_depend_on_how_the_audio_was_cut(lively, speech_like):
    style = style_of(lively, 1.0)
    whole, cut = (perform(lively, style, speech_like, cuts=c) for c in ((), (700, 30_000, 30_001)))
    np.testing.assert_array_equal(whole.head, cut.head)
    np.testing.assert_array_equal(whole.weights, cut.weights)


def test_a_change_of_style_changes_the_gestures(lively, speech_like):
    still = style_of(lively, 0.0)
    plain = perform(lively, still, speech_like)
    changed = perform(lively, still, speech_like, change_at=40_000, after=style_of(lively, 1.0))
    # One column of the vector moves the random denoiser too, but not before the change.
    np.testing.assert_array_equal(changed.head[:50], plain.head[:50])
    assert changed.weights[70:, INNER].max() > plain.weights[70:, INNER].max() + 0.1


@pytest.mark.parametrize("part", ["config", "styles"])
def test_a_model_that_lacks_a_part_leaves_gestures_to_the_denoiser(tiny_engine, lively, part):
    engine = dataclasses.replace(lively, **{part: getattr(tiny_engine, part)})
    session = StreamingSession(engine, OPTIONS, sample_rate_hz=16_000)
    session.change(OPTIONS, engine.styles.get("neutral"), seed=4)
    assert session._gestures is None
