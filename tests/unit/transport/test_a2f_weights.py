"""Weights as a client of Audio2Face-3D wants them."""

from __future__ import annotations

import numpy as np
import pytest

from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.transport.a2f_weights import PASCAL_NAMES, WeightMap


@pytest.fixture
def weights():
    return np.random.default_rng(2).random((3, NUM_CURVES), dtype=np.float32)


def test_without_wishes_weights_leave_as_they_are_under_names_in_pascal_case(weights):
    plain = WeightMap.of()

    assert plain.apply(weights) is weights
    assert plain.names == PASCAL_NAMES
    assert (plain.names[0], plain.names[17], plain.names[51]) == (
        "EyeBlinkLeft", "JawOpen", "TongueOut",
    )  # fmt: skip


def test_multiplier_then_offset_and_no_clamp_unless_asked_for(weights):
    jaw, smile = CURVE_INDEX["jawOpen"], CURVE_INDEX["mouthSmileLeft"]
    wishes = {
        "multipliers": {"JawOpen": 3.0, "mouthsmileleft": -1.0, "TongueTipUp": 5.0},
        "offsets": {"JawOpen": 0.5},
    }

    loose = WeightMap.of(**wishes).apply(weights)
    held = WeightMap.of(**wishes, is_clamped=True).apply(weights)

    assert loose[:, jaw] == pytest.approx(3 * weights[:, jaw] + 0.5)
    assert loose[:, smile] == pytest.approx(-weights[:, smile])
    others = [k for k in range(NUM_CURVES) if k not in (jaw, smile)]
    assert np.array_equal(loose[:, others], weights[:, others])
    assert np.array_equal(held, np.clip(loose, 0, 1))


def test_names_and_order_are_the_operators_and_an_unknown_name_is_0(weights):
    chosen = WeightMap.of(("jawOpen", "TongueTipUp", "EYEBLINKLEFT"), offsets={"tonguetipup": 0.5})

    left = chosen.apply(weights)

    assert chosen.names == ("jawOpen", "TongueTipUp", "EYEBLINKLEFT")
    assert np.array_equal(left[:, 0], weights[:, CURVE_INDEX["jawOpen"]])
    assert (left[:, 1] == 0.5).all()
    assert np.array_equal(left[:, 2], weights[:, 0])
    assert left.dtype == np.float32
