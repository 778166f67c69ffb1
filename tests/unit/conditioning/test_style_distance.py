"""The distance of styles: what a face shows well counts, and errors are alike everywhere."""

import dataclasses

import numpy as np
import pytest

from posecast.conditioning.style_distance import NUM_LIFE, StyleDistance, style_numbers
from posecast.signals import LIFE_LIMITS, Style

STYLE = Style(vector=np.float32([1, 2, 3]))


def plain(dim=3):
    return StyleDistance(np.eye(dim + NUM_LIFE, dtype=np.float32))


def test_a_style_is_at_its_own_place_and_a_distance_has_no_direction():
    other = dataclasses.replace(STYLE, vector=np.float32([1, 2, 7]), blink_rate_hz=0.0)

    assert plain().between(STYLE, STYLE) == 0
    assert plain().between(STYLE, other) == plain().between(other, STYLE)
    assert plain().between(STYLE, other) == pytest.approx((16 + 0.3) ** 0.5)


def test_what_has_no_weight_does_not_count():
    directions = np.eye(3 + NUM_LIFE, dtype=np.float32)[:, :2]

    other = Style(vector=np.float32([1, 2, 99]), gaze_range=0.9)
    assert StyleDistance(directions).between(STYLE, other) == 0


def test_counts_of_blinks_err_alike_at_any_rate():
    """Poisson counts of a minute: the error of their root hardly depends on the rate."""
    rng = np.random.default_rng(0)
    errors = []
    for rate_hz in (0.2, 1.6):
        found = rng.poisson(60 * rate_hz, 4000) / 60
        places = [style_numbers(dataclasses.replace(STYLE, blink_rate_hz=r))[3] for r in found]
        errors.append(np.std(places))
    assert errors[0] == pytest.approx(errors[1], rel=0.1)


@pytest.mark.parametrize("field", ["gaze_range", "head_wander_rad", "head_tempo_hz"])
def test_ranges_and_tempi_are_told_apart_by_their_ratio_and_none_of_them_has_a_place(field):
    def place(value):
        return style_numbers(dataclasses.replace(STYLE, **{field: value}))

    high = LIFE_LIMITS[field]
    steps = [place(high / 4) - place(high / 8), place(high / 2) - place(high / 4)]
    np.testing.assert_allclose(steps[0], steps[1], atol=0.15)
    assert np.isfinite(place(0.0)).all()
