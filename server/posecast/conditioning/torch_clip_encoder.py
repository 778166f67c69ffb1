"""The speech encoder of whole clips over torch, where there is no exported file."""

from __future__ import annotations

import torch

from posecast.conditioning.clip_encoder import padded_clips
from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.config import ClipEncoderConfig
from posecast.signals import FloatArray


class TorchClipEncoder:
    """Serves a network as a `ClipEncoder`, on the device where it is.

    Source:
        DiffPoseTalk, arXiv:2310.00434.
    """

    def __init__(self, network: ClipEncoderNetwork) -> None:
        """Take a network over.

        Args:
            network: Weights; from here on as it behaves in evaluation.
        """
        self._network = network.eval()

    @property
    def config(self) -> ClipEncoderConfig:
        """Sizes."""
        return self._network.config

    def encode(self, waveform: FloatArray, num_frames: int) -> FloatArray:
        """Encode clips of one length; see `ClipEncoder.encode`."""
        device = self._network.audio_feature_map.weight.device
        padded = torch.from_numpy(padded_clips(waveform, num_frames)).to(device)
        with torch.no_grad():
            features: FloatArray = self._network(padded, num_frames).cpu().numpy()
        return features
