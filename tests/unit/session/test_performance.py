"""The face of a stream: utterances, idle life between them, and how it stops."""

from __future__ import annotations

import numpy as np
import pytest

from posecast.config import AnimationOptions
from posecast.errors import InvalidRequest
from posecast.session.performance import Performance


@pytest.fixture
def perform(tiny_engine):
    """A performance with the given options."""

    def start(*, seed=3, **options):
        chosen = AnimationOptions(mode="realtime", **options)
        style = tiny_engine.styles.get(chosen.style)
        return Performance(tiny_engine, chosen, style=style, seed=seed, sample_rate_hz=16_000)

    return start


def speak(performance, samples):
    """Frames of a whole utterance, as a stream makes and remembers them."""
    session = performance.session or performance.open_utterance()
    performance.begin_speaking()
    parts = [session.push(samples)]
    performance.remember(parts[-1])
    parts.append(session.finish())
    performance.remember(parts[-1])
    performance.close_utterance()
    return parts[0], parts[1]


def test_each_utterance_has_the_next_seed_and_the_last_one_comes_round(perform):
    performance = perform(seed=2**64 - 1)

    seeds = []
    for _ in range(3):
        seeds.append(performance.open_utterance().seed)
        performance.close_utterance()

    assert seeds == [2**64 - 1, 0, 1]
    assert performance.session is None
    assert performance.utterance_index == 3


def test_nothing_is_eased_where_nothing_is_open_or_named(perform, speech_like):
    performance = perform()
    assert performance.stop(None, None) is None
    speak(performance, speech_like[:8_000])
    assert performance.stop(None, None) is None


def test_nothing_is_eased_before_the_first_frame(perform):
    performance = perform()
    performance.open_utterance()

    assert performance.stop(None, None) is None
    assert performance.stop(0, None) is None


@pytest.mark.parametrize(("frame", "utterance"), [(5, None), (0, 0)])
def test_a_frame_of_a_stream_without_frames_is_refused(perform, frame, utterance):
    with pytest.raises(InvalidRequest, match=f"frame {frame}; no frame of this stream was sent"):
        perform().stop(frame, utterance)


def test_an_open_utterance_eases_from_its_last_frame(perform, speech_like):
    performance = perform()
    frames = performance.open_utterance().push(speech_like[:16_000])
    performance.remember(frames)

    utterance, easing = performance.stop(None, None)

    assert (utterance, easing.first_index, len(easing)) == (0, len(frames), 5)
    assert not easing.weights[-1].any()
    assert np.abs(easing.weights[0]).sum() < np.abs(frames.weights[-1]).sum()


def test_a_stop_reaches_back_over_idle_frames(perform, speech_like):
    performance = perform()
    speak(performance, speech_like[:16_000])
    performance.idle(10)

    utterance, easing = performance.stop(7, None)

    assert (utterance, easing.first_index) == (0, 7)
    assert performance.idle(1).first_index == 0, "another idle time begins"


def test_an_idle_face_is_left_alone_by_a_stop_before_the_first_frame(perform, speech_like):
    performance = perform()
    speak(performance, speech_like[:8_000])
    idle = performance.idle(10)
    performance.open_utterance()
    performance.begin_speaking()  # its first window is on the device

    assert performance.stop(None, None) is None
    performance.close_utterance()
    after = performance.idle(1)

    assert after.first_index == 10
    usual = np.abs(np.diff(idle.head, axis=0)).max()
    assert np.abs(after.head[0] - idle.head[-1]).max() <= 2 * usual


def test_speech_eases_over_from_the_idle_frame_that_was_shown_last(perform, speech_like):
    performance = perform(frame_rate_hz=60, window_frames=1)
    performance.idle(20)
    session = performance.open_utterance()
    performance.begin_speaking()
    cut = session.num_missing
    assert len(session.push(speech_like[:cut])) == 0, "between frames of 25 a second it waits"
    idle = performance.idle(60)
    performance.begin_speaking()

    frames = session.push(speech_like[cut:16_000])

    assert idle.first_index == 20, "idle life went on meanwhile"
    moved = np.abs(idle.head[-1] - idle.head[0]).max()
    # The first frame has left it already, by a 24th of the way.
    assert np.abs(frames.head[0] - idle.head[-1]).max() < 0.2 * moved


def test_another_look_of_an_idle_face_keeps_its_count(perform, tiny_engine):
    performance = perform()
    before = performance.idle(10)

    performance.change(
        AnimationOptions(mode="realtime", style="cheerful"),
        tiny_engine.styles.get("cheerful"),
        seed=9,
    )
    after = performance.idle(1)

    assert after.first_index == 10
    np.testing.assert_allclose(after.head[0], before.head[-1], atol=0.02)  # it settles in 0.4 s
    assert performance.open_utterance().seed == 9


def test_a_change_reaches_the_utterance_that_is_open(perform, tiny_engine, speech_like):
    performance = perform()
    session = performance.open_utterance()
    session.push(speech_like[:16_000])
    changed = AnimationOptions(mode="realtime", style="cheerful")
    performance.change(changed, tiny_engine.styles.get("cheerful"), seed=3)

    frames = session.push(speech_like[16_000:32_000])

    plain = perform().open_utterance()
    plain.push(speech_like[:16_000])
    usual = plain.push(speech_like[16_000:32_000])
    assert np.abs(frames.weights[-1] - usual.weights[-1]).max() > 1e-4
