"""Articulation and a style to a moving ARKit face: what the networks learn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posecast.config import FRAME_RATE_HZ
from posecast.rig.accent_gestures import (
    DIRECTION,
    FIRMNESS_SPREAD,
    NOD_ODDS,
    OUTER_SHARE,
    RAISE_ODDS,
)
from posecast.rig.arkit import CURVE_INDEX, MOTION_DIM, NUM_CURVES
from posecast.rig.eyes import Eyes
from posecast.rig.head_pose import quaternion_from_rotation_vector, rotation_vector_from_quaternion
from posecast.rig.head_wander import HeadWander
from posecast.signals import FloatArray
from posecast.training.accents import accent_strength
from posecast.training.phones import CHANNEL_INDEX
from posecast.training.styles import StyleParameters

_NOD_WIDTH_S, _REBOUND_DELAY_S, _REBOUND_WIDTH_S, _REBOUND = 0.15, 0.36, 0.19, 0.35
_BROW_PROMINENCE, _BROW_WIDTH_S = 0.6, 0.2
BROW_RAISE = 0.6
"""Weight of `browInnerUp` at a firm accent, over the style's `brow_gain`."""
_SIDES = ("Left", "Right")


def animate_by_rule(tracks: FloatArray, style: StyleParameters) -> FloatArray:
    """Motion of a clip in a style, as far as speech and style settle it: the denoiser's part.

    What is left to chance is left out (see `add_life`): it is drawn at run time.

    Args:
        tracks: Articulation at 25 frames a second. [T, 9]
        style: How it is spoken.

    Returns:
        ARKit weights and a head rotation vector in radians. [T, 55]
    """
    motion = np.zeros((len(tracks), MOTION_DIM), np.float32)
    _move_mouth(motion, tracks, style)
    _move_expression(motion, tracks, style)
    np.clip(motion[:, :NUM_CURVES], 0, 1, out=motion[:, :NUM_CURVES])
    motion[:, NUM_CURVES:] = (style.rest_pitch_rad, style.rest_yaw_rad, style.rest_roll_rad)
    return motion


def add_life(
    motion: FloatArray, accents: FloatArray, style: StyleParameters, rng: np.random.Generator
) -> FloatArray:
    """Add what is left to chance: nods, raised brows, the wandering of the head, blinks and gaze.

    Args:
        motion: From `animate_by_rule`. [T, 55]
        accents: Time in seconds from the first frame and prominence of each vowel. [N, 2]
        style: How it is spoken.
        rng: Where all of it comes from.

    Returns:
        The motion that a style encoder sees. [T, 55]
    """
    turns, raises = _accent_pulses(accents, len(motion), rng)
    seed = int(rng.integers(2**63))
    weights, head = motion[:, :NUM_CURVES].copy(), motion[:, NUM_CURVES:] + style.nod_rad * turns
    _raise_brows(weights, raises, style)
    wander = HeadWander(seed, amplitude_rad=style.head_amplitude_rad, tempo_hz=style.head_tempo_hz)
    head = wander.add_to(quaternion_from_rotation_vector(head), weights)
    eyes = Eyes(seed, blink_rate_hz=style.blink_rate_hz, gaze_range=style.gaze_range)
    eyes.add_to(weights, np.arange(len(motion)) / FRAME_RATE_HZ)
    return np.concatenate([weights, rotation_vector_from_quaternion(head)], axis=1)


def _put(motion: FloatArray, name: str, value: NDArray[np.floating] | float) -> None:
    motion[:, CURVE_INDEX[name]] = value


def _move_mouth(motion: FloatArray, tracks: FloatArray, style: StyleParameters) -> None:
    channel = {name: tracks[:, index] for name, index in CHANNEL_INDEX.items()}
    closed, bitten = channel["close"], channel["labiodental"]
    parted = (1 - 0.95 * closed) * (1 - bitten)
    opening = 0.95 * channel["jaw"] * style.mouth_gain / np.sqrt(style.lip_balance)
    jaw = np.clip(opening, 0, 1)
    _put(motion, "jawOpen", jaw)
    _put(motion, "mouthClose", 0.98 * jaw * closed)
    _put(motion, "mouthFunnel", 0.7 * channel["funnel"] * style.rounding * (1 - 0.5 * closed))
    _put(motion, "mouthPucker", 0.75 * channel["round"] * style.rounding)
    _put(motion, "mouthRollLower", 0.45 * bitten + 0.12 * closed)
    _put(motion, "mouthRollUpper", 0.15 * closed)
    _put(motion, "mouthShrugLower", 0.1 * closed)
    _put(motion, "tongueOut", 0.25 * channel["tongue"])
    spread = 0.45 * channel["spread"] * style.spreading * (1 - 0.4 * closed)
    lower = 0.55 * channel["lower"] * style.lip_balance * np.sqrt(style.mouth_gain) * parted
    upper = 0.4 * channel["upper"] * style.upper_lip * style.lip_balance * (1 - 0.95 * closed)
    speaking = np.minimum(1.0, channel["jaw"] / 0.05)
    for side, gain in zip(_SIDES, (1 + style.asymmetry, 1 - style.asymmetry), strict=True):
        _put(motion, f"mouthStretch{side}", 0.8 * spread * gain)
        smile = style.smile * (1 - 0.35 * channel["round"]) + 0.15 * spread
        _put(motion, f"mouthSmile{side}", smile * gain)
        _put(motion, f"mouthPress{side}", 0.3 * closed * speaking * gain)
        _put(motion, f"mouthLowerDown{side}", lower * gain)
        _put(motion, f"mouthUpperUp{side}", upper * gain)


def _raise_brows(weights: FloatArray, raises: FloatArray, style: StyleParameters) -> None:
    brow = weights[:, CURVE_INDEX["browInnerUp"]] + BROW_RAISE * raises * style.brow_gain
    _put(weights, "browInnerUp", np.minimum(1.0, brow))
    for side in _SIDES:
        _put(weights, f"browOuterUp{side}", OUTER_SHARE * np.minimum(1.0, brow))
        weights[:, CURVE_INDEX[f"browDown{side}"]] *= 1 - 0.5 * np.tanh(raises)


def _move_expression(motion: FloatArray, tracks: FloatArray, style: StyleParameters) -> None:
    brow = max(0.0, style.brow_bias)
    _put(motion, "browInnerUp", brow)
    for side, gain in zip(_SIDES, (1 + style.asymmetry, 1 - style.asymmetry), strict=True):
        _put(motion, f"browOuterUp{side}", OUTER_SHARE * brow)
        _put(motion, f"browDown{side}", max(0.0, -style.brow_bias))
        _put(motion, f"mouthFrown{side}", style.frown * gain)
        _put(motion, f"mouthDimple{side}", 0.3 * style.smile * gain)
        _put(motion, f"cheekSquint{side}", 0.5 * style.smile * gain)
        _put(motion, f"eyeSquint{side}", max(0.0, 0.4 * style.smile - style.eye_bias))
        _put(motion, f"eyeWide{side}", max(0.0, style.eye_bias))
        _put(motion, f"noseSneer{side}", style.sneer * (0.6 + 0.4 * tracks[:, 0]))


def _accent_pulses(
    accents: FloatArray, num_frames: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Turns of the head in units of a nod, [T, 3], and brow raises, [T]."""
    times = np.arange(num_frames) / FRAME_RATE_HZ
    strengths = accent_strength(accents[:, 1])
    turns, raises = np.zeros((num_frames, 3)), np.zeros(num_frames)
    for (time_s, prominence), strength in zip(accents, strengths, strict=True):
        # Drawn for weak ones too, so that a crop's choices do not depend on where it was cut.
        is_nodded, is_raised = rng.random(2) < (NOD_ODDS, RAISE_ODDS)
        firmness = strength * np.exp(FIRMNESS_SPREAD * rng.standard_normal())
        nod, turn, tilt = DIRECTION
        direction = np.array([nod, turn * rng.standard_normal(), tilt * rng.standard_normal()])
        if strength == 0:
            continue
        since = times - time_s
        rebound = (since - _REBOUND_DELAY_S) / _REBOUND_WIDTH_S
        pulse = np.exp(-0.5 * (since / _NOD_WIDTH_S) ** 2) - _REBOUND * np.exp(-0.5 * rebound**2)
        if is_nodded:
            turns += firmness * pulse[:, None] * direction
        if is_raised and prominence > _BROW_PROMINENCE:
            raises += firmness * np.exp(-0.5 * (since / _BROW_WIDTH_S) ** 2)
    return turns.astype(np.float32), raises.astype(np.float32)
