"""Windows of many sessions, their networks evaluated together."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from posecast.config import AnimationOptions
from posecast.session.batch import make_next_windows, try_next_windows
from posecast.session.streaming import StreamingSession
from posecast.signals import join_frames


class FailingSampler:
    """A sampler that fails once."""

    def __init__(self, sampler):
        self._sampler = sampler
        self.has_failed = False

    def sample(self, *args, **kwargs):
        if not self.has_failed:
            self.has_failed = True
            raise MemoryError("no room")
        return self._sampler.sample(*args, **kwargs)


def sessions_of(engine, samples, seeds, **options):
    """Sessions that have heard a second each of something else."""
    sessions = []
    for seed in seeds:
        chosen = AnimationOptions(seed=seed, mode="realtime", **options)
        sessions.append(StreamingSession(engine, chosen, sample_rate_hz=16_000))
        sessions[-1].take(samples[seed * 4_000 : seed * 4_000 + 16_000])
    return sessions


def weights_of(engine, samples, seed, num_windows):
    (session,) = sessions_of(engine, samples, [seed])
    return join_frames(
        [frames for _ in range(num_windows) for frames in make_next_windows([session])]
    ).weights


def test_no_sessions_make_no_windows():
    assert make_next_windows([]) == []


def test_sessions_that_are_made_together_have_the_frames_that_they_have_alone(
    tiny_engine, speech_like
):
    sessions = sessions_of(tiny_engine, speech_like, (1, 2, 3))

    made = [make_next_windows(sessions) for _ in range(3)]

    for place, seed in enumerate((1, 2, 3)):
        together = join_frames([frames[place] for frames in made]).weights
        alone = weights_of(tiny_engine, speech_like, seed, 3)
        # Sums over a batch are rounded in another order.
        np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_session_in_the_middle_of_a_change_and_others_of_other_lengths_do_not_mix(
    tiny_engine, speech_like
):
    one, changing = sessions_of(tiny_engine, speech_like, (1, 2))
    (longer,) = sessions_of(tiny_engine, speech_like, (3,), window_frames=10)
    make_next_windows([changing])
    options = AnimationOptions(seed=2, mode="realtime", style="cheerful", sampling_steps=4)
    changing.change(options, tiny_engine.styles.get("cheerful"), seed=2)

    first, changed, long = make_next_windows([one, changing, longer])

    assert [len(frames) for frames in (first, changed, long)] == [3, 3, 10]
    np.testing.assert_allclose(
        first.weights, weights_of(tiny_engine, speech_like, 1, 1), atol=1e-5
    )  # as above
    usual = weights_of(tiny_engine, speech_like, 2, 2)[3:]
    assert np.abs(changed.weights - usual).max() > 1e-4, "the change is heard of"


def test_no_session_has_changed_when_the_networks_fail(tiny_engine, speech_like):
    sampler = FailingSampler(tiny_engine.sampler)
    engine = dataclasses.replace(tiny_engine, sampler=sampler)
    sessions = sessions_of(engine, speech_like, (1, 2))

    with pytest.raises(MemoryError, match="no room"):
        try_next_windows(sessions)
    again = [make_next_windows([session])[0].weights for session in sessions]

    for seed, weights in zip((1, 2), again, strict=True):
        np.testing.assert_array_equal(weights, weights_of(tiny_engine, speech_like, seed, 1))


def test_a_session_that_fails_behind_the_networks_does_not_undo_the_others(
    tiny_engine, speech_like, monkeypatch
):
    sessions = one, bad, other = sessions_of(tiny_engine, speech_like, (1, 2, 3))
    monkeypatch.setattr(bad._life, "turn_head", lambda *_: 1 / 0)

    made = try_next_windows(sessions)
    after = try_next_windows([one, other])

    assert isinstance(made[1], ZeroDivisionError)
    for place, seed in ((0, 1), (1, 3)):
        weights = join_frames([made[2 * place], after[place]]).weights
        alone = weights_of(tiny_engine, speech_like, seed, 2)
        np.testing.assert_allclose(weights, alone, atol=1e-5)  # as above


def test_the_first_failure_is_raised_where_nobody_asks_for_each(
    tiny_engine, speech_like, monkeypatch
):
    sessions = sessions_of(tiny_engine, speech_like, (1, 2))
    monkeypatch.setattr(sessions[1]._life, "turn_head", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        make_next_windows(sessions)
