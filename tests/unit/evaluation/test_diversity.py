from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.diversity import Diversity, measure_diversity, pool_diversity
from posecast.rig.head_pose import quaternion_from_yaw_pitch_roll_deg

WAVE = np.sin(np.arange(200) / 5)


def head(yaw, pitch):
    angles = np.stack([yaw, pitch, np.zeros(200)], axis=1).astype(np.float32)
    return quaternion_from_yaw_pitch_roll_deg(angles)


def test_same_lips_and_other_heads_are_told_apart(make_frames):
    rng = np.random.default_rng(0)
    takes = [
        make_frames(
            200,
            head=head(5 * rng.standard_normal(200), 4 * WAVE * sign),
            jawOpen=0.3 + 0.2 * WAVE + 0.001 * rng.standard_normal(200),
            browInnerUp=rng.random(200),
        )
        for sign in (1, -1)
    ]

    figures = measure_diversity(takes)

    assert figures.lips == pytest.approx(1, abs=0.01)
    assert figures.head_yaw == pytest.approx(0, abs=0.25)
    assert figures.head_pitch == pytest.approx(-1, abs=0.01)
    assert figures.brows == pytest.approx(0, abs=0.25)


def test_mean_is_over_all_pairs(make_frames):
    jaws = [0.3 + 0.2 * WAVE, 0.3 + 0.1 * WAVE, 0.3 - 0.2 * WAVE]

    figures = measure_diversity([make_frames(200, jawOpen=jaw) for jaw in jaws])

    assert figures.lips == pytest.approx((1 - 1 - 1) / 3, abs=1e-4)
    assert figures.head_yaw is None  # a still head is like nothing


def test_clips_are_averaged_where_they_are_known():
    clips = [
        Diversity(lips=0.8, head_yaw=None, head_pitch=0.2, brows=None),
        Diversity(lips=0.6, head_yaw=0.1, head_pitch=0.4, brows=None),
    ]

    pooled = pool_diversity(clips)

    assert (pooled.lips, pooled.head_yaw) == pytest.approx((0.7, 0.1))
    assert pooled.head_pitch == pytest.approx(0.3)
    assert pooled.brows is None
