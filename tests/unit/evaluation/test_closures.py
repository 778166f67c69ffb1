from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.alignment import PhoneSegment
from posecast.evaluation.closures import (
    bilabial_contrast,
    closure_recall,
    closures_by_chance,
    false_closures_on_consonants,
    false_closures_on_vowels,
)
from posecast.evaluation.curves import TimedCurve, lip_aperture
from posecast.evaluation.statistics import effect_size


def curve(values, rate_hz=25):
    return TimedCurve(np.arange(len(values)) / rate_hz, np.asarray(values, float))


@pytest.mark.parametrize("rate_hz", [25, 30, 60])
def test_perfect_face_closes_on_every_labial_and_nowhere_else(alignment, perfect_face, rate_hz):
    aperture = lip_aperture(perfect_face(rate_hz=rate_hz))

    recall = closure_recall(aperture, alignment)
    vowels = false_closures_on_vowels(aperture, alignment)
    consonants = false_closures_on_consonants(aperture, alignment)

    assert recall == (7, 7)
    assert (vowels.hits, consonants.hits) == (0, 0)
    assert vowels.total >= 8
    assert consonants.total >= 8


def test_chance_is_far_below_a_perfect_recall(alignment, perfect_face):
    chance = closures_by_chance(lip_aperture(perfect_face()), alignment)

    # 7 labials of 48 phones, each with its tolerances about three times as long as itself
    assert 0.2 < chance.share < 0.5


@pytest.mark.parametrize("opening", [0.0, 0.3])
def test_lips_that_do_not_move_never_close(alignment, opening):
    still = curve(np.full(200, opening))

    assert closure_recall(still, alignment) == (0, 7)
    assert false_closures_on_vowels(still, alignment).hits == 0
    assert closures_by_chance(still, alignment).hits == 0


def test_low_lips_without_a_dip_do_not_close():
    labial = (PhoneSegment("AA", 0, 1), PhoneSegment("P", 1, 1.1), PhoneSegment("AA", 1.1, 2))
    values = np.full(50, 0.5)
    values[15:40] = 0.0  # lowest of all, but so are its surroundings

    assert closure_recall(curve(values), labial) == (0, 1)


def test_flapping_lips_close_falsely_nearly_everywhere(alignment):
    flapping = curve(np.tile([0.0, 0.5], 300), rate_hz=50)

    assert closure_recall(flapping, alignment).share == 1
    assert false_closures_on_vowels(flapping, alignment).share == 1
    assert false_closures_on_consonants(flapping, alignment).share == 1
    assert closures_by_chance(flapping, alignment).share == 1


def test_shallow_dip_is_no_closure():
    labial = (PhoneSegment("AA", 0, 1), PhoneSegment("P", 1, 1.1), PhoneSegment("AA", 1.1, 2))
    values = np.full(50, 0.5)
    values[[5, 6, 40, 41]] = 0.0  # the range of the clip is 0 to 0.5
    values[25:28] = 0.2

    assert closure_recall(curve(values), labial) == (0, 1)
    values[26] = 0.1
    assert closure_recall(curve(values), labial) == (1, 1)


def test_closure_a_frame_early_counts_and_two_frames_early_does_not():
    labial = (PhoneSegment("AA", 0, 1), PhoneSegment("P", 1, 1.08), PhoneSegment("AA", 1.08, 2))

    def recall(closed_frame):
        values = np.full(50, 0.5)
        values[[5, 6, 40, 41]] = 0.0
        values[closed_frame] = 0.0
        return closure_recall(curve(values), labial).hits

    assert [recall(frame) for frame in (23, 24, 25, 27, 28, 29)] == [0, 1, 1, 1, 1, 0]


@pytest.mark.parametrize("neighbour", ["P", "M", "F", "SIL", "?"])
def test_vowel_beside_what_may_close_the_lips_is_not_tested(neighbour):
    phones = ["AA", "T", neighbour, "IY", "T", "EH", "T", "AA"]
    alignment = tuple(PhoneSegment(phone, i * 0.1, (i + 1) * 0.1) for i, phone in enumerate(phones))
    aperture = curve(np.linspace(0.1, 0.5, 20))

    tested = false_closures_on_vowels(aperture, alignment).total

    assert tested == 1  # EH: IY has the neighbour, both AA an end


def test_gap_in_the_alignment_counts_as_unknown():
    alignment = (
        PhoneSegment("T", 0.0, 0.1),
        PhoneSegment("AA", 0.1, 0.2),
        PhoneSegment("T", 0.5, 0.6),
        PhoneSegment("EH", 0.6, 0.7),
        PhoneSegment("T", 0.7, 0.8),
    )

    assert false_closures_on_vowels(curve(np.linspace(0, 1, 30)), alignment).total == 1


def test_labial_after_the_last_frame_is_missed():
    alignment = (PhoneSegment("AA", 0, 0.5), PhoneSegment("P", 5, 5.1))

    assert closure_recall(curve([0.5, 0.0, 0.5, 0.0]), alignment) == (0, 1)


def test_bilabial_contrast_is_strong_for_a_perfect_face_at_any_opening(alignment, perfect_face):
    aperture = lip_aperture(perfect_face())
    half = TimedCurve(aperture.times_s, aperture.values / 2)

    contrast = bilabial_contrast(aperture, alignment)

    assert len(contrast.positives) == 7
    assert min(contrast.positives) > max(contrast.negatives)
    assert effect_size(*contrast) > 4
    assert len(contrast.negatives) == false_closures_on_consonants(aperture, alignment).total
    assert bilabial_contrast(half, alignment).positives == pytest.approx(contrast.positives)


def test_bilabial_contrast_of_lips_the_wrong_way_round_is_negative(alignment, perfect_face):
    aperture = lip_aperture(perfect_face())
    inverted = TimedCurve(aperture.times_s, aperture.values.max() - aperture.values)

    assert effect_size(*bilabial_contrast(inverted, alignment)) < 0


def test_consonants_beside_a_labial_or_labiodental_are_no_counterexamples():
    phones = ["AA", "T", "AA", "P", "T", "AA", "AA", "S", "F", "AA", "AA", "K", "AA", "AA"]
    alignment = tuple(
        PhoneSegment(phone, 0.1 * index, 0.1 * (index + 1)) for index, phone in enumerate(phones)
    )
    aperture = curve(np.linspace(1, 0, 36))  # from 0.95 down to 0.05 between the percentiles

    contrast = bilabial_contrast(aperture, alignment)

    # T before the P is 0.1 s away; the T behind it and the S before the F are left out
    assert len(contrast.negatives) == 2
    assert len(contrast.positives) == 1
    lowest = aperture.values[[3 * 25 // 10, 10, 30]]  # until 40 ms after T, P and K
    assert contrast.negatives[0] == pytest.approx((0.95 - aperture.values[6]) / 0.9, abs=0.05)
    assert contrast.negatives[1] == pytest.approx((0.95 - lowest[2]) / 0.9, abs=0.05)


def test_lips_that_hardly_move_have_hardly_a_contrast(alignment):
    tremble = curve(0.2 + 1e-4 * np.random.default_rng(0).random(200))

    contrast = bilabial_contrast(tremble, alignment)

    assert np.abs([*contrast.positives, *contrast.negatives]).max() < 0.01
