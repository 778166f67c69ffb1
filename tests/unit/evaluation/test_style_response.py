from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.alignment import PhoneSegment
from posecast.evaluation.style_response import (
    Takes,
    compare_styles,
    format_styles,
    measure_style,
)
from posecast.rig.head_pose import quaternion_from_yaw_pitch_roll_deg

NUM_FRAMES = 500  # 20 s
TIMES_S = np.arange(NUM_FRAMES) / 25


def face(make_frames, *, yaw=0.0, pitch=0.0, **curves):
    angles = np.zeros((NUM_FRAMES, 3), np.float32)
    angles[:, 0], angles[:, 1] = yaw, pitch
    return make_frames(NUM_FRAMES, head=quaternion_from_yaw_pitch_roll_deg(angles), **curves)


def measure(*faces, alignment=None):
    return measure_style(Takes(faces=faces, alignments=[alignment] * len(faces)))


def test_lips_and_brows_of_a_style_are_known(make_frames):
    jaw = np.linspace(0, 1, NUM_FRAMES)
    alignment = (PhoneSegment("UW", 0, 4), PhoneSegment("IY", 4, 20))
    pucker = np.where(TIMES_S <= 4, 0.5, 0.1)

    figures = measure(
        face(
            make_frames, jawOpen=jaw, mouthPucker=pucker, mouthFunnel=0.2, mouthSmileLeft=0.4,
            mouthFrownLeft=0.1, mouthFrownRight=0.3, browInnerUp=0.6, browDownLeft=0.2,
        ),
        alignment=alignment,
    )  # fmt: skip

    assert figures.wide_aperture == pytest.approx(0.9, abs=0.01)
    assert figures.rounding == pytest.approx(0.7)
    assert figures.smile == pytest.approx(0.2)
    assert figures.frown == pytest.approx(0.2)
    assert figures.brow_level == pytest.approx(0.6 / 3 - 0.2 / 2)


def test_head_of_a_style_is_known(make_frames):
    wander = 4 * np.sin(2 * np.pi * 0.3 * TIMES_S)
    nod = np.sin(2 * np.pi * 1.5 * TIMES_S)

    figures = measure(face(make_frames, yaw=10 + wander, pitch=nod))

    assert figures.head_std_deg == pytest.approx(np.sqrt(4**2 / 2 + 1 / 2), rel=0.02)
    assert figures.head_tempo_hz == pytest.approx(0.3, abs=0.03)
    assert figures.nod_std_deg == pytest.approx(np.sqrt(0.5), rel=0.03)
    assert figures.rounding is None


def test_where_the_head_is_held_is_no_movement(make_frames):
    figures = measure(face(make_frames, yaw=8.0), face(make_frames, yaw=-8.0))

    assert figures.head_std_deg == pytest.approx(0, abs=1e-3)
    assert figures.head_tempo_hz is None


def test_blinks_are_counted_over_all_clips(make_frames):
    shut = np.zeros(NUM_FRAMES)
    shut[[100, 200, 300]] = 1.0
    blinking = face(make_frames, eyeBlinkLeft=shut, eyeBlinkRight=shut)

    assert measure(blinking, face(make_frames)).blinks_per_minute == pytest.approx(4.5)


def test_styles_are_put_beside_neutral(make_frames):
    wave = np.sin(2 * np.pi * 0.3 * TIMES_S)
    quick = np.sin(2 * np.pi * 0.6 * TIMES_S)
    styles = {
        "neutral": measure(face(make_frames, yaw=2 * wave, jawOpen=0.2)),
        "wild": measure(face(make_frames, yaw=6 * quick, jawOpen=0.5)),
    }

    responses = compare_styles(styles)

    assert responses["neutral"].mouth_gain == pytest.approx(1)
    assert responses["wild"].mouth_gain == pytest.approx(2.5, rel=0.01)
    assert responses["wild"].head_gain == pytest.approx(3, rel=0.02)
    assert responses["wild"].tempo_gain == pytest.approx(2, abs=0.1)
    assert responses["wild"].rounding_gain is None
    lines = format_styles(responses).splitlines()
    assert [line.split()[0] for line in lines] == ["style", lines[1], "neutral", "wild"]
    assert "2.50" in lines[-1]


def test_still_neutral_is_nothing_to_compare_with(make_frames):
    responses = compare_styles({"neutral": measure(face(make_frames))})

    assert responses["neutral"].mouth_gain is None
    assert responses["neutral"].head_gain is None
