"""Gestures are read off a style's vector, within what a head can do."""

import numpy as np
import pytest

from posecast.conditioning.style_gestures import LARGEST, GestureReadout
from posecast.signals import Style

READOUT = GestureReadout(np.float32([[0.01, 0.0], [0.0, 0.2], [0.03, 0.1]]))


def gestures(*vector):
    return READOUT.of(Style(vector=np.float32(vector)))


def test_each_gesture_follows_its_numbers():
    assert gestures(2, 1) == pytest.approx((0.05, 0.3))


def test_what_no_style_has_is_held_to_the_range():
    assert gestures(-9, -9) == (0.0, 0.0)
    assert gestures(1e3, 1e3) == LARGEST
