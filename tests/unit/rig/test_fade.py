"""Fades: they move from the first frame on, end exactly at 1, and do not mind how they are cut."""

import numpy as np
import pytest

from posecast.rig.fade import Fade, smoothstep


def test_a_smooth_step_is_exact_and_at_rest_at_both_ends():
    step = smoothstep(np.array([0.0, 1e-3, 0.5, 1 - 1e-3, 1.0]))
    assert step[[0, 2, 4]].tolist() == [0.0, 0.5, 1.0]
    assert step[1] < 4e-6
    assert 1 - step[3] < 4e-6


@pytest.mark.parametrize(("rate_hz", "num_frames"), [(25, 5), (30, 6), (50, 10), (60, 12)])
def test_a_fade_lasts_its_time_at_every_rate(rate_hz, num_frames):
    fade = Fade(0.2, rate_hz)
    assert fade.frames_left == num_frames
    shares = fade.take(num_frames)
    assert 0 < shares[0] < shares[-2] < shares[-1] == 1
    assert fade.frames_left == 0


def test_beyond_the_end_all_is_the_new():
    fade = Fade(0.2, 25)
    assert fade.take(9)[4:].tolist() == [1.0] * 5
    assert fade.take(2).tolist() == [1.0, 1.0]
    assert fade.frames_left == 0


def test_chunking_does_not_change_frames():
    whole = Fade(0.4, 30).take(15)
    for cut in range(16):
        fade = Fade(0.4, 30)
        np.testing.assert_array_equal(np.concatenate([fade.take(cut), fade.take(15 - cut)]), whole)


def test_the_share_is_that_of_the_last_frame():
    fade = Fade(0.2, 30)
    assert fade.share == 0
    for _ in range(8):
        assert fade.take(1)[0] == fade.share


def test_the_shortest_fade_has_one_frame():
    assert Fade(0.0, 25).take(1).tolist() == [1.0]
