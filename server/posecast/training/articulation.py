"""Phone segments to articulatory tracks by dominance blending, with closures that truly close."""

from __future__ import annotations

import numpy as np

from posecast.signals import FloatArray
from posecast.training.phones import CHANNEL_INDEX, CHANNELS, CLASS_INDEX, CLASSES, TARGETS

TRACK_RATE_HZ = 100
PEAK_CHANNELS = (CHANNEL_INDEX["close"], CHANNEL_INDEX["labiodental"])
CRISPNESS = 0.5
"""How far movements are set off from what is around them; see `set_off`."""
SET_OFF_CHANNELS = tuple(
    CHANNEL_INDEX[name] for name in ("jaw", "round", "funnel", "spread", "lower", "upper")
)
SET_OFF_FRAMES = 2
"""How far before and after lies what they are set off from: 80 ms."""

_STRONG = {"spread": 0.8, "lower": 0.8, "upper": 0.8}
_WEAK = {
    "jaw": 0.3, "close": 0.3, "round": 0.12, "funnel": 0.15, "spread": 0.15, "lower": 0.2,
    "upper": 0.2, "labiodental": 0.35, "tongue": 0.4,
}  # fmt: skip
_JAW_DOMINANCE = {
    "KG": 0.25, "H": 0.12, "TDN": 0.6, "RR": 0.5, "L": 0.6, "R": 0.6, "TH": 0.7, "PBM": 0.8,
    "sil": 0.9,
}  # fmt: skip
_FALL_PER_S = np.array([18.0, 32.0, 11.0, 13.0, 13.0, 18.0, 16.0, 30.0, 28.0])
_SILENCE_DOMINANCE = 0.45


def _tables() -> tuple[FloatArray, FloatArray]:
    targets = np.zeros((len(CLASSES), len(CHANNELS)), np.float32)
    dominance = np.zeros_like(targets)
    for row, name in enumerate(CLASSES):
        for column, channel in enumerate(CHANNELS):
            named = TARGETS[name].get(channel)
            targets[row, column] = named or 0.0
            dominance[row, column] = _WEAK[channel] if named is None else _STRONG.get(channel, 1.0)
        dominance[row, 0] = _JAW_DOMINANCE.get(name, dominance[row, 0])
    silence = dominance[CLASS_INDEX["sil"]]
    dominance[CLASS_INDEX["sil"]] = np.maximum(silence, _SILENCE_DOMINANCE)
    return targets, dominance


_TARGETS, _DOMINANCE = _tables()


def articulate(segments: FloatArray, num_hops: int) -> FloatArray:
    """Blend phone targets into continuous tracks.

    Args:
        segments: Class, start and end in seconds, in order of time; unknown ones left out. [N, 3]
        num_hops: Length of the tracks in hops of 10 ms; hop `i` is centred at (i + 0.5) * 10 ms.

    Returns:
        The nine channels, 0..1. [num_hops, 9]

    Source:
        Cohen and Massaro, Modeling coarticulation in synthetic visual speech, 1993.
    """
    times = (np.arange(num_hops) + 0.5) / TRACK_RATE_HZ
    classes = segments[:, 0].astype(int)
    starts, ends = segments[:, 1], segments[:, 2]
    lengths = ends - starts
    # The flat top spares long phones the blur; a silence is nearly all flat.
    flat = np.where(classes == CLASS_INDEX["sil"], 0.48, 0.2) * lengths
    distance = np.maximum(0, np.abs(times[:, None] - (starts + ends) / 2) - flat)
    strength = np.clip(lengths / 0.08, 0.5, 1.3)[:, None] * _DOMINANCE[classes]
    tracks = np.zeros((num_hops, len(CHANNELS)), np.float32)
    for channel, fall in enumerate(_FALL_PER_S):
        weight = np.exp(-fall * distance) * strength[:, channel] + 1e-9
        tracks[:, channel] = (weight @ _TARGETS[classes, channel]) / weight.sum(1)
    _force_contact(tracks, "close", times, segments[classes == CLASS_INDEX["PBM"]], 0.8, 0.045)
    _force_contact(tracks, "labiodental", times, segments[classes == CLASS_INDEX["FV"]], 0.9, 0.05)
    closed = np.clip(tracks[:, CHANNEL_INDEX["close"]], 0, 1)
    tracks[:, 0] *= 1 - 0.45 * closed
    tracks[:, 0] = np.minimum(tracks[:, 0], 1.14 - tracks[:, CHANNEL_INDEX["labiodental"]])
    return np.clip(tracks, 0, 1)


def _force_contact(
    tracks: FloatArray,
    channel: str,
    times: np.ndarray,
    segments: FloatArray,
    held_part: float,
    ramp_s: float,
) -> None:
    """Blending alone never quite closes a short /b/: hold contact over most of the segment."""
    for _, start_s, end_s in segments:
        held_from, held_to = start_s - 0.01, start_s + held_part * (end_s - start_s)
        rise = np.minimum((times - held_from) / ramp_s + 1, (held_to - times) / ramp_s + 1)
        contact = 0.5 - 0.5 * np.cos(np.pi * np.clip(rise, 0, 1))
        column = tracks[:, CHANNEL_INDEX[channel]]
        np.maximum(column, contact, out=column)


def tracks_at_frame_rate(tracks: FloatArray, crispness: float = CRISPNESS) -> FloatArray:
    """Sample tracks at 25 frames a second, frame `f` at the time `f / 25`.

    Contacts take the maximum of the 40 ms around the frame: a 50 ms closure that straddles two
    frames would otherwise never be taught as closed. All else but the tongue is set off.

    Args:
        tracks: Channels at 100 hops a second, a multiple of four. [4 T, 9]
        crispness: 0 for none; see `set_off`.

    Returns:
        Channels at 25 frames a second. [T, 9]
    """
    centred = np.concatenate([tracks[:1], tracks[:1], tracks[:-2]])  # hop 4 f - 2 starts frame f
    groups = centred.reshape(-1, 4, tracks.shape[1])
    frames = groups.mean(axis=1)
    for channel in PEAK_CHANNELS:
        frames[:, channel] = groups[:, :, channel].max(axis=1)
    frames = frames.astype(np.float32)
    own = list(SET_OFF_CHANNELS)
    frames[:, own] = set_off(frames[:, own], crispness)
    return frames


def set_off(frames: FloatArray, crispness: float) -> FloatArray:
    """Movements set off from the mean of those 80 ms before and after, about as wide as before.

    A network that is in doubt when and how far a mouth opens predicts a mean over both, blunter
    than any mouth, of what blending has blunted already. The mean of movements that are set off is
    the mean set off: a network that learns them undoes some of that, at any place of a window.

    Args:
        frames: Values at 25 frames a second. [T, C]
        crispness: 0 leaves them as they are.

    Returns:
        Values from 0 to 1. [T, C]

    Source:
        Unsharp masking, over time.
    """
    padded = np.pad(frames, ((SET_OFF_FRAMES, SET_OFF_FRAMES), (0, 0)), mode="edge")
    around = padded[: len(frames)] + padded[2 * SET_OFF_FRAMES :]
    crisp = frames + crispness * (frames - 0.5 * around)
    return np.clip(crisp / (1 + 0.25 * crispness), 0, 1).astype(np.float32)


def phone_labels(segments: FloatArray, num_hops: int) -> np.ndarray:
    """Class of each hop; silence where no segment reaches. [num_hops], int64"""
    labels = np.full(num_hops, CLASS_INDEX["sil"], np.int64)
    times = (np.arange(num_hops) + 0.5) / TRACK_RATE_HZ
    for phone_class, start_s, end_s in segments:
        labels[(times >= start_s) & (times < end_s)] = int(phone_class)
    return labels
