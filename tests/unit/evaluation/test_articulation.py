from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.alignment import PhoneSegment
from posecast.evaluation.articulation import (
    labiodental_contrast,
    rounding_contrast,
    shut_in_pauses,
    vowel_heights,
)
from posecast.evaluation.curves import TimedCurve, labiodental_contact, lip_aperture, lip_rounding
from posecast.evaluation.statistics import area_under_curve, rank_correlation


def test_perfect_face_separates_labiodentals_and_rounding(alignment, perfect_face):
    face = perfect_face()

    labiodental = labiodental_contrast(labiodental_contact(face), alignment)
    rounding = rounding_contrast(lip_rounding(face), alignment)

    assert len(labiodental.positives) == 1
    assert area_under_curve(*labiodental) == 1
    assert len(rounding.positives) == 5
    assert area_under_curve(*rounding) == 1


def test_phones_that_touch_a_labiodental_are_no_counterexamples(alignment, perfect_face):
    contact = labiodental_contact(perfect_face())
    num_phones = sum(segment.phone != "SIL" for segment in alignment)

    negatives = labiodental_contrast(contact, alignment).negatives

    assert len(negatives) == num_phones - 3  # the F itself, AA before it and IH after it


def test_pressed_lips_are_no_labiodental_contact(make_frames):
    face = make_frames(4, mouthRollLower=0.2, mouthRollUpper=0.2)

    assert labiodental_contact(face).values == pytest.approx([0, 0, 0, 0])


def test_aperture_follows_vowel_height(alignment, perfect_face):
    heights = vowel_heights(lip_aperture(perfect_face()), alignment)

    assert rank_correlation(*heights) > 0.9
    assert len(heights.openness) == sum(
        segment.phone in {"AA", "AE", "EH", "OW", "IH", "UW", "IY"} for segment in alignment
    )


def test_schwa_has_no_height():
    aperture = TimedCurve(np.arange(10) / 25, np.ones(10))

    assert vowel_heights(aperture, (PhoneSegment("AH", 0, 0.3),)).openness == ()


def test_perfect_face_is_shut_in_every_pause(alignment, perfect_face):
    shut = shut_in_pauses(lip_aperture(perfect_face()), alignment)

    assert shut.share == 1
    assert shut.total == pytest.approx(3 * 0.25 * 25, abs=3)  # 0.41 s less two margins of 80 ms


def test_half_open_pause_is_not_shut_and_short_pauses_are_not_looked_at():
    times_s = np.arange(75) / 25
    values = np.where((times_s > 1) & (times_s < 2), 0.1, 0.5)  # 20 % of the widest
    pauses = (PhoneSegment("SIL", 0, 0.25), PhoneSegment("SIL", 1, 2))

    assert shut_in_pauses(TimedCurve(times_s, values), pauses) == (0, 22)
    assert shut_in_pauses(TimedCurve(times_s, values * (values > 0.1)), pauses) == (22, 22)


def test_mouth_that_always_stands_open_is_not_shut_in_pauses(alignment):
    still = TimedCurve(np.arange(200) / 25, np.full(200, 0.15))

    assert shut_in_pauses(still, alignment).hits == 0


def test_phone_shorter_than_a_frame_is_read_at_its_middle():
    curve = TimedCurve(np.array([0.0, 0.04, 0.08]), np.array([0.0, 1.0, 0.0]))
    short = PhoneSegment("F", 0.045, 0.055)

    assert curve.mean_in(short) == pytest.approx(0.75)
    assert curve.peak_in(short) == pytest.approx(0.75)


def test_aperture_is_floored_at_contact(make_frames):
    face = make_frames(2, jawOpen=[0.5, 0.3], mouthClose=[0.1, 0.3], mouthRollLower=0.2,
                       mouthLowerDownLeft=[0.3, 0.0], mouthUpperUpRight=[0.1, 0.0])  # fmt: skip

    # 0.5 - 0.1 + 0.1 * 0.4 - 0.15 * 0.2, and 0.3 - 0.3 - 0.03 floored
    assert lip_aperture(face).values == pytest.approx([0.41, 0.0])
