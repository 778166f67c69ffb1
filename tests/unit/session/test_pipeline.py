"""A whole clip gives the frames of the same clip streamed."""

import numpy as np

from posecast.config import AnimationOptions
from posecast.session.pipeline import animate
from posecast.session.streaming import StreamingSession
from posecast.signals import Style, Waveform, join_frames


def test_baked_equals_streamed(tiny_engine, speech_like):
    options = AnimationOptions(seed=3, mode="balanced", frame_rate_hz=30)
    clip = Waveform(samples=speech_like[:30_000], sample_rate_hz=22_050)
    session = StreamingSession(tiny_engine, options, sample_rate_hz=22_050)
    chunks = np.array_split(clip.samples, 9)
    streamed = join_frames([*(session.push(chunk) for chunk in chunks), session.finish()])

    baked = animate(tiny_engine, clip, options)

    assert baked.first_index == 0
    np.testing.assert_array_equal(baked.weights, streamed.weights)
    np.testing.assert_array_equal(baked.head, streamed.head)


def test_a_style_of_ones_own_takes_the_place_of_the_named_one(tiny_engine, speech_like):
    clip = Waveform(samples=speech_like[:30_000], sample_rate_hz=16_000)
    named = animate(tiny_engine, clip, AnimationOptions(seed=1, style="cheerful"))
    stored = tiny_engine.styles.get("cheerful")
    given = animate(tiny_engine, clip, AnimationOptions(seed=1), style=stored)
    other = animate(tiny_engine, clip, AnimationOptions(seed=1), style=Style(vector=-stored.vector))
    np.testing.assert_array_equal(given.weights, named.weights)
    assert np.abs(other.weights - named.weights).max() > 1e-3
