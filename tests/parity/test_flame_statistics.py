"""Normalising and denormalising against the published code."""

import numpy as np
import pytest

from posecast.rig.flame import FlameCoefficients, denormalise, normalise
from posecast.rig.flame_statistics import FlameStatistics

TOLERANCE = 1e-5  # float32: normalised values reach 50


@pytest.fixture(scope="module")
def statistics(generator):
    return FlameStatistics(**generator.make_stats("pub-se-head"))


def test_motion_is_the_published_one(golden, statistics):
    reference = golden("style_encoder")
    raw = FlameCoefficients(expression=reference["raw_exp"], pose=reference["raw_pose"])

    motion = normalise(raw, statistics, 54)

    np.testing.assert_allclose(motion, reference["motion_coef"], rtol=TOLERANCE, atol=TOLERANCE)


def test_coefficients_are_the_published_ones(golden, statistics):
    reference = golden("style_encoder")

    back = denormalise(reference["motion_coef"], statistics)

    np.testing.assert_allclose(back.expression, reference["back_exp"], atol=TOLERANCE)
    np.testing.assert_allclose(back.pose, reference["back_pose"], atol=TOLERANCE)
    # Not 0, and not what went in: the motion vector holds neither of them.
    np.testing.assert_allclose(back.pose[:, 4:], [statistics.pose_mean[4:]] * 130, atol=1e-7)
