"""A stream's look-ahead: shorter ones give frames earlier, and the chunks still do not matter."""

import numpy as np
import pytest

from posecast.config import AnimationOptions
from posecast.errors import InvalidRequest
from posecast.session.streaming import StreamingSession
from posecast.signals import join_frames

LOOK_AHEADS_MS = (160, 120, 80, 40)


def start(engine, look_ahead_ms):
    options = AnimationOptions(seed=3, mode="realtime", look_ahead_ms=look_ahead_ms)
    return StreamingSession(engine, options, sample_rate_hz=16_000)


def animate(engine, samples, look_ahead_ms, chunk):
    session = start(engine, look_ahead_ms)
    parts = [session.push(samples[at : at + chunk]) for at in range(0, len(samples), chunk)]
    return join_frames([*parts, session.finish()])


def test_shorter_look_aheads_give_frames_earlier(tiny_engine, speech_like):
    """Each frame less of look-ahead brings the first frames 40 ms forward."""
    heard_ms = []
    for look_ahead_ms in LOOK_AHEADS_MS:
        session = start(tiny_engine, look_ahead_ms)
        chunks = iter(speech_like.reshape(-1, 80))  # 5 ms
        num_chunks = 1
        while not len(session.push(next(chunks))):
            num_chunks += 1
        heard_ms.append(5 * num_chunks)
    assert np.diff(heard_ms).tolist() == [-40, -40, -40]


@pytest.mark.parametrize("look_ahead_ms", LOOK_AHEADS_MS)
@pytest.mark.parametrize("chunk", [700, 16_000])
def test_chunking_does_not_change_frames(tiny_engine, speech_like, look_ahead_ms, chunk):
    clip = speech_like[:40_001]
    whole = animate(tiny_engine, clip, look_ahead_ms, len(clip))
    cut = animate(tiny_engine, clip, look_ahead_ms, chunk)
    np.testing.assert_array_equal(cut.weights, whole.weights)
    np.testing.assert_array_equal(cut.head, whole.head)
    assert len(whole) == 63


def test_the_modes_look_ahead_is_taken_where_none_is_asked(tiny_engine, speech_like):
    clip = speech_like[:20_000]
    unset, same, other = (
        animate(tiny_engine, clip, look_ahead_ms, len(clip)) for look_ahead_ms in (None, 120, 40)
    )
    np.testing.assert_array_equal(unset.weights, same.weights)
    assert np.abs(unset.weights - other.weights).max() > 1e-3


def test_a_look_ahead_that_the_model_lacks_is_refused_with_those_it_has(tiny_engine):
    with pytest.raises(InvalidRequest, match="look-ahead of 100 ms; .*: 40, 80, 120, 160"):
        start(tiny_engine, 100)
