from __future__ import annotations

import numpy as np

from posecast.evaluation.alignment import PhoneSegment
from posecast.rendering.moments import key_moments
from posecast.rig.arkit import CURVE_INDEX
from posecast.signals import FaceFrames


def frames(**peaks: tuple[int, float]) -> FaceFrames:
    """Two seconds with one frame of each curve."""
    weights = np.zeros((50, 52), np.float32)
    for name, (index, value) in peaks.items():
        weights[index, CURVE_INDEX[name]] = value
    head = np.tile(np.float32([0, 0, 0, 1]), (50, 1))
    return FaceFrames(first_index=0, frame_rate_hz=25, weights=weights, head=head)


def test_phones_choose_their_middles() -> None:
    phones = [
        PhoneSegment("SIL", 0.0, 0.2),
        PhoneSegment("B", 0.2, 0.3),
        PhoneSegment("AA", 0.3, 0.5),
        PhoneSegment("S", 0.5, 0.6),
        PhoneSegment("V", 0.6, 0.7),
        PhoneSegment("M", 5.0, 5.1),  # after the take
    ]
    found = key_moments(frames(), phones)
    assert [moment.label for moment in found] == ["b: lips shut", "aa: open", "v: lip at the teeth"]
    np.testing.assert_allclose([moment.time_s for moment in found], [0.25, 0.4, 0.65])


def test_without_phones_the_curves_choose() -> None:
    found = key_moments(frames(jawOpen=(10, 0.4), mouthPucker=(30, 0.5)))
    assert found == [(0.4, "open"), (1.2, "rounded")]


def test_a_still_face_has_its_start() -> None:
    assert key_moments(frames()) == [(0.0, "start")]
    assert key_moments(frames(), [PhoneSegment("SIL", 0.0, 1.0)]) == [(0.0, "start")]
