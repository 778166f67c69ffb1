"""Brings the waveform of a whole clip into the form that HuBERT's convolutions take."""

from __future__ import annotations

import numpy as np

from posecast.errors import InvalidRequest
from posecast.signals import FloatArray

SAMPLES_PER_VECTOR = 320
"""Samples between two vectors of the convolutions, 20 ms at 16 kHz; also the shortest clip."""
_RECEPTIVE_SAMPLES = 400
_OVERHANG_SAMPLES = _RECEPTIVE_SAMPLES - SAMPLES_PER_VECTOR  # 80
_DEVIATION_FLOOR = 1e-5


def normalise_waveform(samples: FloatArray) -> FloatArray:
    """Mean 0 and deviation 1 over each whole clip.

    A clip that does not move comes out as zeros: the floor keeps the division finite.

    Args:
        samples: Amplitude at 16 kHz, at least 2 samples. [S] or [B, S]

    Returns:
        The same clips, normalised one by one.

    Raises:
        InvalidRequest: If a clip has fewer than 2 samples.

    Source:
        DiffPoseTalk, arXiv:2310.00434; the divisor n - 1 is that of the published weights.
    """
    num_samples = samples.shape[-1]
    if num_samples < 2:
        raise InvalidRequest(f"{num_samples} samples in a clip; allowed: 2 and more")
    exact = samples.astype(np.float64)
    centred = exact - exact.mean(axis=-1, keepdims=True)
    deviation = exact.std(axis=-1, keepdims=True, ddof=1)
    normalised: FloatArray = (centred / (deviation + _DEVIATION_FLOOR)).astype(np.float32)
    return normalised


def pad_edges(samples: FloatArray) -> FloatArray:
    """Lengthen clips so that the convolutions give one vector for each 320 samples.

    The first convolutions see 400 samples for a vector, so without this a clip of 4 s would give
    199 vectors, one short of two for each frame.

    Args:
        samples: Normalised audio at 16 kHz, at least 320 samples. [S] or [B, S]

    Returns:
        The clips with the same number of samples added at both ends, or as they are if they are
        long enough: at most 40 are added, for lengths that are multiples of 320. [S'] or [B, S']

    Raises:
        InvalidRequest: If a clip has fewer than 320 samples.

    Source:
        DiffPoseTalk, arXiv:2310.00434; the way of padding is that of the published weights.
    """
    num_samples = samples.shape[-1]
    if num_samples < SAMPLES_PER_VECTOR:
        raise InvalidRequest(
            f"{num_samples} samples in a clip; allowed: {SAMPLES_PER_VECTOR} (20 ms) and more"
        )
    wanted = num_samples // SAMPLES_PER_VECTOR * SAMPLES_PER_VECTOR + _OVERHANG_SAMPLES
    each_side = -((num_samples - wanted) // 2)  # half of what is missing, rounded up
    if each_side < 0:
        return samples
    # The published code reflects twice by half of the width, so the second time mirrors what the
    # first time added; once by the full width would give other samples. Of an odd width it leaves
    # one sample, which it repeats.
    half, odd = divmod(each_side, 2)
    for width, mode in ((half, "reflect"), (half, "reflect"), (odd, "edge")):
        samples = _pad(samples, width, mode)
    return samples


def _pad(samples: FloatArray, width: int, mode: str) -> FloatArray:
    widths = [(0, 0)] * (samples.ndim - 1) + [(width, width)]
    padded: FloatArray = np.pad(samples, widths, mode=mode)  # type: ignore[call-overload]
    return padded
