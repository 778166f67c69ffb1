"""HuBERT for whole clips in torch: reference implementation, for training, parity and export.

waveform -> convolutions -> resampling to 50 Hz -> transformer -> means of pairs -> feature map
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from posecast.conditioning.torch_hubert_layers import (
    FeatureExtractor,
    FeatureProjection,
    TransformerEncoder,
)
from posecast.config import ClipEncoderConfig

VECTORS_PER_FRAME = 2
_FROZEN_LAYERS = 2
_MASKED_SHARE = 0.05  # of the vectors, where masks do not overlap
_MASK_VECTORS = 10
_MIN_MASKS = 2


class ClipEncoderNetwork(nn.Module):
    """Maps clips to speech features.

    Source:
        HuBERT, arXiv:2106.07447, and wav2vec 2.0, arXiv:2006.11477, whose base models share these
        layers; DiffPoseTalk, arXiv:2310.00434, for the resampling and the map behind them. The
        layout is that of its published weights.
    """

    def __init__(
        self, config: ClipEncoderConfig, *, dropout: float = 0.1, layer_drop: float = 0.1
    ) -> None:
        """Draw new weights.

        Args:
            config: Sizes; the defaults are the published ones.
            dropout: Share of values dropped in training, 0..1; the published models use 0.1.
            layer_drop: Share of layers left out in training, 0..1; the published models use 0.1.
        """
        super().__init__()
        self.config = config
        self.audio_encoder = _HubertNetwork(config, dropout=dropout, layer_drop=layer_drop)
        self.audio_feature_map = nn.Linear(config.width, config.feature_dim)

    def forward(self, padded_waveform: Tensor, num_frames: int | Tensor) -> Tensor:
        """Encode clips of one length.

        Args:
            padded_waveform: Normalised clips with `clip_waveform.pad_edges` done. [B, S']
            num_frames: Frames that the clip is stretched over. [T]

        Returns:
            Speech features. [B, T, feature_dim]
        """
        hidden = self.hidden(self.conv_features(padded_waveform), num_frames)
        # Means of pairs: what a linear interpolation to half of the length comes to.
        frames = 0.5 * (hidden[:, ::VECTORS_PER_FRAME] + hidden[:, 1::VECTORS_PER_FRAME])
        return self.audio_feature_map(frames)

    def conv_features(self, padded_waveform: Tensor) -> Tensor:
        """Vectors of the convolutions, one for 320 samples. [B, S'] -> [B, V, C]"""
        return self.audio_encoder.feature_extractor(padded_waveform)

    def hidden(self, conv_features: Tensor, num_frames: int | Tensor) -> Tensor:
        """Last hidden states, two a frame. [B, V, C] -> [B, 2 T, width]"""
        # Stock HuBERT has no resampling; for clips of whole windows it changes nothing. The cut is
        # the published one, and only audio more than twice as long as the frames reaches it.
        most = 2 * VECTORS_PER_FRAME * num_frames
        vectors = resample_vectors(conv_features[:, :most], VECTORS_PER_FRAME * num_frames)
        return self.audio_encoder(vectors)

    def freeze_as_published(self) -> None:
        """Keep the convolutions, their projection and the first two layers as they are."""
        network = self.audio_encoder
        layers = network.encoder.layers[:_FROZEN_LAYERS]
        for module in (network.feature_extractor, network.feature_projection, *layers):
            module.requires_grad_(False)


class _HubertNetwork(nn.Module):
    """What is called `audio_encoder` in the published weights."""

    def __init__(self, config: ClipEncoderConfig, *, dropout: float, layer_drop: float) -> None:
        super().__init__()
        self.masked_spec_embed = nn.Parameter(torch.rand(config.width))
        self.feature_extractor = FeatureExtractor(config)
        self.feature_projection = FeatureProjection(config, dropout=dropout)
        self.encoder = TransformerEncoder(config, dropout=dropout, layer_drop=layer_drop)

    def forward(self, vectors: Tensor) -> Tensor:
        """Hidden states of vectors, some masked in training. [B, N, C] -> [B, N, width]"""
        tokens = self.feature_projection(vectors)
        if self.training:
            mask = time_mask(*tokens.shape[:2]).to(tokens.device)
            tokens = torch.where(mask[..., None], self.masked_spec_embed, tokens)
        return self.encoder(tokens)


def resample_vectors(vectors: Tensor, num_vectors: int | Tensor) -> Tensor:
    """Stretch vectors linearly over another number; ends and borders as `align_corners=False`.

    Args:
        vectors: What is stretched. [B, V, C]
        num_vectors: How many come out. [N]

    Returns:
        Weighted sums of neighbours; the vectors themselves if N is V. [B, N, C]
    """
    num_given = torch.as_tensor(vectors.shape[1], device=vectors.device)
    num_wanted = torch.as_tensor(num_vectors, device=vectors.device)
    # Output i lies at (i + 1/2) V / N - 1/2: whole numbers over 2 N, so nothing is rounded.
    centres = 2 * torch.arange(cast(int, num_wanted), device=vectors.device) + 1
    position = (centres * num_given - num_wanted).clamp(min=0)
    below = torch.div(position, 2 * num_wanted, rounding_mode="floor")
    share = (position - below * 2 * num_wanted).to(vectors.dtype) / (2 * num_wanted)
    above = torch.minimum(below + 1, num_given - 1)
    lower, upper = vectors[:, below], vectors[:, above]
    return lower + share[:, None] * (upper - lower)


def time_mask(batch: int, num_vectors: int) -> Tensor:
    """Which vectors SpecAugment hides: spans of 10, about one for each 200 vectors, at least two.

    Args:
        batch: Rows, each with spans of its own.
        num_vectors: Vectors of a row; rows shorter than a span are left alone.

    Returns:
        True where a vector is hidden. [B, N]
    """
    mask = torch.zeros(batch, num_vectors, dtype=torch.bool)
    num_starts = num_vectors - _MASK_VECTORS + 1
    if num_starts < 1:
        return mask
    # The number's fraction is the odds of one more.
    expected = _MASKED_SHARE * num_vectors / _MASK_VECTORS
    num_spans = max(int(expected + float(torch.rand(()))), _MIN_MASKS)
    starts = torch.rand(batch, num_starts).topk(min(num_spans, num_starts), dim=1).indices
    hidden = starts[..., None] + torch.arange(_MASK_VECTORS)
    return mask.scatter(1, hidden.flatten(1), value=True)
