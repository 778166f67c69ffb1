"""Articulation, accents and a style to a moving ARKit face: the teacher of the denoiser."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posecast.config import FRAME_RATE_HZ
from posecast.rig.arkit import CURVE_INDEX, MOTION_DIM, NUM_CURVES
from posecast.signals import FloatArray
from posecast.training.accents import accent_strength
from posecast.training.phones import CHANNEL_INDEX
from posecast.training.styles import StyleParameters

_NOD_WIDTH_S, _REBOUND_DELAY_S, _REBOUND_WIDTH_S, _REBOUND = 0.15, 0.36, 0.19, 0.35
_BROW_PROMINENCE, _BROW_WIDTH_S = 0.8, 0.2
_NUM_SINUSOIDS = 5
_HEAD_SHARES = np.array([0.8, 1.2, 0.6])  # pitch, yaw, roll
_SIDES = ("Left", "Right")


def animate_by_rule(
    tracks: FloatArray, accents: FloatArray, style: StyleParameters, rng: np.random.Generator
) -> FloatArray:
    """Motion of a clip in a style.

    Blinks and gaze are left out: they are drawn at run time (`rig.eyes`).

    Args:
        tracks: Articulation at 25 frames a second. [T, 9]
        accents: Time in seconds from the first frame and prominence of each vowel. [N, 2]
        style: How it is spoken.
        rng: Where the wandering of the head comes from.

    Returns:
        ARKit weights and a head rotation vector in radians. [T, 55]
    """
    motion = np.zeros((len(tracks), MOTION_DIM), np.float32)
    nods, raises = _accent_pulses(accents, len(tracks))
    _move_mouth(motion, tracks, style)
    _move_expression(motion, tracks, raises, style)
    np.clip(motion[:, :NUM_CURVES], 0, 1, out=motion[:, :NUM_CURVES])
    motion[:, NUM_CURVES:] = _head(nods, style, rng)
    return motion


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


def _move_expression(
    motion: FloatArray, tracks: FloatArray, raises: FloatArray, style: StyleParameters
) -> None:
    brow = 0.6 * raises * style.brow_gain + max(0.0, style.brow_bias)
    _put(motion, "browInnerUp", brow)
    for side, gain in zip(_SIDES, (1 + style.asymmetry, 1 - style.asymmetry), strict=True):
        _put(motion, f"browOuterUp{side}", 0.7 * brow)
        _put(motion, f"browDown{side}", max(0.0, -style.brow_bias) * (1 - 0.5 * np.tanh(raises)))
        _put(motion, f"mouthFrown{side}", style.frown * gain)
        _put(motion, f"mouthDimple{side}", 0.3 * style.smile * gain)
        _put(motion, f"cheekSquint{side}", 0.5 * style.smile * gain)
        _put(motion, f"eyeSquint{side}", max(0.0, 0.4 * style.smile - style.eye_bias))
        _put(motion, f"eyeWide{side}", max(0.0, style.eye_bias))
        _put(motion, f"noseSneer{side}", style.sneer * (0.6 + 0.4 * tracks[:, 0]))


def _accent_pulses(accents: FloatArray, num_frames: int) -> tuple[FloatArray, FloatArray]:
    """Nods with their rebound, and brow raises. [T], [T]"""
    times = np.arange(num_frames) / FRAME_RATE_HZ
    strengths = accent_strength(accents[:, 1])
    nods, raises = np.zeros(num_frames), np.zeros(num_frames)
    for (time_s, prominence), strength in zip(accents, strengths, strict=True):
        if strength == 0:
            continue
        since = times - time_s
        nods += strength * np.exp(-0.5 * (since / _NOD_WIDTH_S) ** 2)
        rebound = (since - _REBOUND_DELAY_S) / _REBOUND_WIDTH_S
        nods -= _REBOUND * strength * np.exp(-0.5 * rebound**2)
        if prominence > _BROW_PROMINENCE:
            raises += strength * np.exp(-0.5 * (since / _BROW_WIDTH_S) ** 2)
    return nods.astype(np.float32), raises.astype(np.float32)


def _head(nods: FloatArray, style: StyleParameters, rng: np.random.Generator) -> FloatArray:
    """Head rotation vector: wandering around the resting pose, and nods. [T, 3]"""
    times = np.arange(len(nods))[:, None, None] / FRAME_RATE_HZ
    tempo = style.head_tempo_hz * np.exp(0.35 * rng.standard_normal((_NUM_SINUSOIDS, 3)))
    phase = rng.uniform(0, 2 * np.pi, (_NUM_SINUSOIDS, 3))
    waves = np.sin(2 * np.pi * tempo * times + phase).sum(axis=1) * np.sqrt(2 / _NUM_SINUSOIDS)
    head = style.head_amplitude_rad * _HEAD_SHARES * waves
    head[:, 0] += style.nod_rad * nods
    head += (style.rest_pitch_rad, style.rest_yaw_rad, style.rest_roll_rad)
    return head.astype(np.float32)
