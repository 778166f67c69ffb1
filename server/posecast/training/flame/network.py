"""The denoiser with the speech encoder that is tuned together with it."""

from __future__ import annotations

import functools
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from posecast.conditioning.clip_waveform import pad_edges
from posecast.denoising.torch_denoiser import ConditionedDenoiser
from posecast.signals import IntArray


class FlameTrainingNetwork(nn.Module):
    """What a denoiser checkpoint of the published format holds.

    Source:
        DiffPoseTalk, arXiv:2310.00434, whose denoiser is trained with its HuBERT.
    """

    denoiser: ConditionedDenoiser
    clip_encoder: nn.Module

    def __init__(self, denoiser: ConditionedDenoiser, clip_encoder: nn.Module) -> None:
        """Put the two together.

        Args:
            denoiser: Predicts motion.
            clip_encoder: Maps padded waveforms [B, S'] and a number of frames T to features
                [B, T, D]; frozen where its parameters ask for no gradient.
        """
        super().__init__()
        self.denoiser = denoiser
        self.clip_encoder = clip_encoder

    def hear(self, waveform: Tensor, num_frames: int) -> Tensor:
        """Speech features of normalised sound. [B, S] -> [B, num_frames, D]"""
        index = torch.from_numpy(_padded_index(waveform.shape[1])).to(waveform.device)
        return cast(Tensor, self.clip_encoder(waveform[:, index], num_frames))


@functools.cache
def _padded_index(num_samples: int) -> IntArray:
    """Which sample each sample of the padded clip repeats. [S']"""
    counted = pad_edges(np.arange(num_samples, dtype=np.float32))  # exact up to 17 minutes
    return counted.astype(np.int64)
