"""Prosodic accents: which vowels stand out by energy, pitch and length."""

from __future__ import annotations

import numpy as np

from posecast.signals import FloatArray
from posecast.training.articulation import TRACK_RATE_HZ
from posecast.training.phones import VOWELS
from posecast.training.utterance import Utterance

ACCENT_THRESHOLD = 0.35
"""Prominence above which a vowel carries an accent."""
_WEIGHTS = np.array([0.4, 0.4, 0.35])  # energy, log pitch, duration


def find_accents(utterance: Utterance) -> FloatArray:
    """Time in seconds and prominence of every vowel.

    Prominence is a weighted sum of energy, log pitch and duration, each standardised within the
    utterance.

    Returns:
        [N, 2]
    """
    energy = np.log(np.exp(utterance.mel.astype(np.float32)).sum(axis=1) + 1e-6)
    pitch_hz = utterance.pitch_hz.astype(np.float32)
    log_pitch = np.where(pitch_hz > 0, np.log(np.maximum(pitch_hz, 50)), np.nan)
    times, measures = [], []
    for phone, start_s, end_s in utterance.segments:
        first = int(start_s * TRACK_RATE_HZ)
        last = max(int(end_s * TRACK_RATE_HZ), first + 1)
        if int(phone) not in VOWELS or first >= len(energy):
            continue
        voiced = log_pitch[first:last][np.isfinite(log_pitch[first:last])]
        mean_pitch = voiced.mean() if len(voiced) else np.nan
        times.append((start_s + end_s) / 2)
        measures.append((energy[first:last].max(), mean_pitch, end_s - start_s))
    if len(times) < 2:
        return np.zeros((0, 2), np.float32)
    table = np.array(measures, np.float32)
    known = np.isfinite(table[:, 1])
    table[~known, 1] = table[known, 1].mean() if known.any() else 0.0
    standard = (table - table.mean(0)) / (table.std(0) + 1e-3)
    return np.stack([np.array(times), standard @ _WEIGHTS], axis=1).astype(np.float32)


def accent_strength(prominence: FloatArray) -> FloatArray:
    """How strongly a vowel of given prominence is marked; 0 below the threshold, at most 1.5."""
    strong = np.minimum(1.5, 0.5 + 0.5 * prominence)
    return np.where(prominence > ACCENT_THRESHOLD, strong, 0.0).astype(np.float32)


def accent_track(accents: FloatArray, num_frames: int, frame_rate_hz: int) -> FloatArray:
    """Gaussian bumps of 100 ms at the accents, the speech encoder's third target. [num_frames]"""
    times = np.arange(num_frames) / frame_rate_hz
    track = np.zeros(num_frames, np.float32)
    for time_s, strength in zip(accents[:, 0], accent_strength(accents[:, 1]), strict=True):
        if strength > 0:
            track = np.maximum(track, strength * np.exp(-0.5 * ((times - time_s) / 0.1) ** 2))
    return track.astype(np.float32)
