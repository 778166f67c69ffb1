"""Faces that know nothing of speech, to be beaten."""

from __future__ import annotations

import math

import numpy as np

from posecast.config import FRAME_RATE_HZ
from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.signals import FaceFrames, FloatArray, Waveform

CONSTANT_JAW = 0.15
LOUDEST_JAW = 0.6
"""Opening of the jaw at the 95th percentile of the clip's loudness."""


def constant_face(waveform: Waveform) -> FaceFrames:
    """A mouth that stays slightly open."""
    num_frames = max(1, math.ceil(waveform.duration_s * FRAME_RATE_HZ))
    return _face(np.full(num_frames, CONSTANT_JAW, np.float32))


def loudness_face(waveform: Waveform) -> FaceFrames:
    """A jaw that opens with the loudness of the clip, and nothing else that moves."""
    num_frames = max(1, math.ceil(waveform.duration_s * FRAME_RATE_HZ))
    borders = np.arange(num_frames + 1) * waveform.sample_rate_hz / FRAME_RATE_HZ
    # A window is centred at its frame's time, so that this face has no lag.
    borders = np.round(borders - waveform.sample_rate_hz / FRAME_RATE_HZ / 2).astype(int)
    energy = np.concatenate([[0.0], np.cumsum(waveform.samples.astype(np.float64) ** 2)])
    starts, ends = np.clip(borders[:-1], 0, None), np.clip(borders[1:], 1, len(energy) - 1)
    rms = np.sqrt(np.maximum(0, energy[ends] - energy[starts]) / np.maximum(1, ends - starts))
    loud = max(float(np.percentile(rms, 95)), 1e-9)
    return _face((LOUDEST_JAW * np.minimum(1, rms / loud)).astype(np.float32))


def _face(jaw: FloatArray) -> FaceFrames:
    weights = np.zeros((len(jaw), NUM_CURVES), np.float32)
    weights[:, CURVE_INDEX["jawOpen"]] = jaw
    head = np.tile(np.array([0, 0, 0, 1], np.float32), (len(jaw), 1))
    return FaceFrames(first_index=0, frame_rate_hz=FRAME_RATE_HZ, weights=weights, head=head)
