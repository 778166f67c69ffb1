"""The regions of the face: each curve belongs to exactly one."""

import numpy as np
import pytest

from posecast.rig.arkit import CURVE_NAMES, LIP_CURVES
from posecast.rig.regions import BLINKS, GAZE, LOWER_FACE, UPPER_FACE, indices_of


def test_the_regions_part_the_52_curves_among_them():
    assert sorted(UPPER_FACE + LOWER_FACE + BLINKS + GAZE) == sorted(CURVE_NAMES)
    assert [len(region) for region in (UPPER_FACE, LOWER_FACE, BLINKS, GAZE)] == [14, 28, 2, 8]


def test_all_that_speech_decides_is_lower_face():
    assert set(LIP_CURVES) <= set(LOWER_FACE)


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("browInnerUp", UPPER_FACE),
        ("eyeWideLeft", UPPER_FACE),
        ("eyeSquintRight", UPPER_FACE),
        ("cheekPuff", UPPER_FACE),
        ("noseSneerLeft", UPPER_FACE),
        ("jawOpen", LOWER_FACE),
        ("mouthSmileLeft", LOWER_FACE),
        ("tongueOut", LOWER_FACE),
        ("eyeBlinkLeft", BLINKS),
        ("eyeLookInRight", GAZE),
    ],
)
def test_a_curve_is_in_the_region_that_the_contract_names(name, region):
    assert name in region


def test_indices_find_the_curves_by_name():
    assert [CURVE_NAMES[index] for index in indices_of(BLINKS)] == list(BLINKS)
    assert indices_of(()).dtype == np.int64
