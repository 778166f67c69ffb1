"""Audio of a whole clip to the speech features of all its windows."""

from __future__ import annotations

import numpy as np

from posecast.conditioning.clip_encoder import ClipEncoder
from posecast.conditioning.clip_waveform import normalise_waveform
from posecast.session.clip_options import ClipOptions
from posecast.session.clip_plan import ClipPlan
from posecast.signals import FloatArray


def encode_clip(
    encoder: ClipEncoder, samples: FloatArray, plan: ClipPlan, options: ClipOptions
) -> FloatArray:
    """Speech features of a clip and of what fills its last window.

    Args:
        encoder: Speech encoder.
        samples: Audio at 16 kHz as it was recorded. [S]
        plan: The windows of so many samples.
        options: What fills the last window, and whether windows hear each other's audio.

    Returns:
        Features of all windows, one after another. [W T, D]

    Source:
        DiffPoseTalk, arXiv:2310.00434, inference.
    """
    waveform = fill_windows(normalise_waveform(samples), plan, options)
    if options.hears_whole_clip:
        return encoder.encode(waveform[None], plan.num_window_frames)[0]
    return np.concatenate(
        [
            encoder.encode(waveform[None, plan.samples_of(index)], plan.window_frames)[0]
            for index in range(plan.num_windows)
        ]
    )


def fill_windows(waveform: FloatArray, plan: ClipPlan, options: ClipOptions) -> FloatArray:
    """Lengthen a normalised waveform to whole windows; one with a surplus stays. [S] -> [S']"""
    mode = "constant" if options.pad_mode == "zero" else "edge"
    filled: FloatArray = np.pad(waveform, (0, plan.num_missing_samples), mode=mode)  # type: ignore[call-overload]
    return filled
