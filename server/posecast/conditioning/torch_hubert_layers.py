"""The layers of HuBERT in torch, under the names of its published weights."""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from posecast.config import ClipEncoderConfig

MAX_QUERIES = 3000
"""Vectors, a minute of them, that ask at once; more ask in blocks, to bound the memory."""


class FeatureExtractor(nn.Module):
    """Convolutions from the waveform to one vector for each 320 samples."""

    def __init__(self, config: ClipEncoderConfig) -> None:
        """Draw new weights."""
        super().__init__()
        inputs = (1, *config.conv_dims[:-1])
        sizes = zip(inputs, config.conv_dims, config.conv_kernels, config.conv_strides, strict=True)
        self.conv_layers = nn.ModuleList(
            _ConvLayer(*layer, is_normalised=not index) for index, layer in enumerate(sizes)
        )

    def forward(self, padded_waveform: Tensor) -> Tensor:
        """Vectors. [B, S'] -> [B, V, C]"""
        vectors = padded_waveform[:, None]
        for layer in self.conv_layers:
            vectors = layer(vectors)
        return vectors.transpose(1, 2)


class _ConvLayer(nn.Module):
    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int, *, is_normalised: bool
    ) -> None:
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, kernel, stride, bias=False)
        # A group for each channel: levels are measured over the whole clip.
        self.layer_norm = nn.GroupNorm(outputs, outputs) if is_normalised else None

    def forward(self, values: Tensor) -> Tensor:
        values = self.conv(values)
        return F.gelu(values if self.layer_norm is None else self.layer_norm(values))


class FeatureProjection(nn.Module):
    """From the width of the convolutions to that of the transformer."""

    def __init__(self, config: ClipEncoderConfig, *, dropout: float) -> None:
        """Draw new weights."""
        super().__init__()
        self.layer_norm = nn.LayerNorm(config.conv_dims[-1])
        self.projection = nn.Linear(config.conv_dims[-1], config.width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, vectors: Tensor) -> Tensor:
        """Tokens. [B, V, C] -> [B, V, width]"""
        return self.dropout(self.projection(self.layer_norm(vectors)))


class TransformerEncoder(nn.Module):
    """Relative positions by a convolution, then transformer layers that normalise afterwards."""

    def __init__(self, config: ClipEncoderConfig, *, dropout: float, layer_drop: float) -> None:
        """Draw new weights.

        Args:
            config: Sizes.
            dropout: Share of values dropped in training, 0..1.
            layer_drop: Share of layers left out in training, 0..1.
        """
        super().__init__()
        self.pos_conv_embed = _PositionConvolution(config)
        self.layer_norm = nn.LayerNorm(config.width)
        self.dropout = nn.Dropout(dropout)
        self.layer_drop = layer_drop
        self.layers = nn.ModuleList(
            _TransformerLayer(config, dropout=dropout) for _ in range(config.num_layers)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Refine tokens. [B, N, width] -> [B, N, width]"""
        tokens = self.dropout(self.layer_norm(tokens + self.pos_conv_embed(tokens)))
        for layer in self.layers:
            if self.training and torch.rand(()) < self.layer_drop:
                continue
            tokens = layer(tokens)
        return tokens


class _PositionConvolution(nn.Module):
    def __init__(self, config: ClipEncoderConfig) -> None:
        super().__init__()
        taps = config.position_kernel
        convolution = nn.Conv1d(
            config.width, config.width, taps, padding=taps // 2, groups=config.position_groups
        )
        # One norm for each tap, over all of its channels: that is what dim=2 means.
        self.conv = cast(nn.Conv1d, weight_norm(convolution, dim=2))
        self.surplus = 1 - taps % 2  # an even number of taps gives one vector too many

    def forward(self, tokens: Tensor) -> Tensor:
        heard = self.conv(tokens.transpose(1, 2))
        if self.surplus:
            heard = heard[:, :, :-1]
        return F.gelu(heard).transpose(1, 2)


class _TransformerLayer(nn.Module):
    def __init__(self, config: ClipEncoderConfig, *, dropout: float) -> None:
        super().__init__()
        self.attention = SelfAttention(config.width, config.num_heads, dropout=dropout)
        self.layer_norm = nn.LayerNorm(config.width)
        self.feed_forward = _FeedForward(config, dropout=dropout)
        self.final_layer_norm = nn.LayerNorm(config.width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = self.layer_norm(tokens + self.dropout(self.attention(tokens)))
        return self.final_layer_norm(tokens + self.feed_forward(tokens))


class _FeedForward(nn.Module):
    def __init__(self, config: ClipEncoderConfig, *, dropout: float) -> None:
        super().__init__()
        self.intermediate_dense = nn.Linear(config.width, config.feed_forward)
        self.output_dense = nn.Linear(config.feed_forward, config.width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        inner = self.dropout(F.gelu(self.intermediate_dense(tokens)))
        return self.dropout(self.output_dense(inner))


class SelfAttention(nn.Module):
    """Attention of all tokens to all tokens, without a mask."""

    def __init__(self, width: int, num_heads: int, *, dropout: float) -> None:
        """Draw new weights."""
        super().__init__()
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)
        self.num_heads = num_heads
        self.dropout = dropout
        self.max_queries = MAX_QUERIES

    def forward(self, tokens: Tensor) -> Tensor:
        """What each token heard. [B, N, width] -> [B, N, width]"""
        query, key, value = self.q_proj(tokens), self.k_proj(tokens), self.v_proj(tokens)
        if torch.onnx.is_in_onnx_export():
            fused = _FusedAttention.apply(query, key, value, self.num_heads)  # type: ignore[no-untyped-call]
            return self.out_proj(cast(Tensor, fused))
        # A query's softmax needs all keys but no other query, so blocks of queries are exact.
        blocks = query.split(self.max_queries, dim=1)
        dropout = self.dropout if self.training else 0.0
        heard = [attend(block, key, value, self.num_heads, dropout) for block in blocks]
        return self.out_proj(torch.cat(heard, dim=1) if len(heard) > 1 else heard[0])


def attend(
    query: Tensor, key: Tensor, value: Tensor, num_heads: int, dropout: float = 0.0
) -> Tensor:
    """What queries hear of keys and values, head by head. [B, N, width], [B, M, width] twice"""
    query, key, value = (
        tensor.reshape(*tensor.shape[:2], num_heads, -1).transpose(1, 2)
        for tensor in (query, key, value)
    )
    heard = F.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
    return heard.transpose(1, 2).flatten(-2)


class _FusedAttention(torch.autograd.Function):
    """The same as one node of onnxruntime's own, which never holds all products at once.

    Standard operators would: half a gigabyte for a minute of audio, growing with the square.
    """

    @staticmethod
    def forward(_: Any, query: Tensor, key: Tensor, value: Tensor, num_heads: int) -> Tensor:
        """What tracing goes on with."""
        return attend(query, key, value, num_heads)

    @staticmethod
    def symbolic(g: Any, query: Any, key: Any, value: Any, num_heads: int) -> Any:
        """What is written; the scale is the usual one when none is given."""
        name = "com.microsoft::MultiHeadAttention"
        heard = g.op(name, query, key, value, num_heads_i=num_heads)
        return heard.setType(query.type())
