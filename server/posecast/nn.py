"""Transformer blocks in torch that the denoiser and the style encoder share.

Parameters carry the names of torch's own `nn.MultiheadAttention`, `nn.TransformerEncoderLayer` and
`nn.TransformerDecoderLayer`, because published weights are stored under them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor, nn


def sinusoid_table(num_rows: int, width: int) -> Tensor:
    """Sinusoids of geometrically falling frequency, sine and cosine interleaved.

    Args:
        num_rows: Number of positions.
        width: Channels; even.

    Returns:
        Row `p` holds sin(p w_k), cos(p w_k) with w_k = 10000^(-2k / width). [num_rows, width]
    """
    position = torch.arange(num_rows, dtype=torch.float32)[:, None]
    exponent = torch.arange(0, width, 2, dtype=torch.float32)
    angle = position * torch.exp(exponent * (-math.log(10_000.0) / width))
    return torch.stack([angle.sin(), angle.cos()], dim=-1).reshape(num_rows, width)


class MultiHeadAttention(nn.Module):
    """Scaled dot-product attention with the query, key and value weights in one matrix."""

    def __init__(self, width: int, num_heads: int, *, dropout: float) -> None:
        """Draw new weights the way torch's own module does.

        Args:
            width: Channels, a multiple of `num_heads`.
            num_heads: Heads.
            dropout: Share of attention weights dropped in training, 0..1.
        """
        super().__init__()
        # Plain numbers, so that the exported graph slices and shapes by constants.
        self.width, self.num_heads = width, num_heads
        self.dropout = dropout
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, tokens: Tensor, first_token: int = 0) -> Tensor:
        """Let tokens attend to all tokens.

        Args:
            tokens: What is asked. [B, N, width]
            first_token: Tokens from this one on ask.

        Returns:
            What each asking token heard. [B, N - first_token, width]
        """
        if not first_token:
            return self.hear(self.project(tokens))
        query = self._project_query(tokens[:, first_token:])
        key, value = self._project_memory(tokens)
        return self.out_proj(self._attend(query, key, value, None))

    def project(self, tokens: Tensor) -> Tensor:
        """Queries, then keys, then values of tokens. [B, N, width] -> [B, N, 3 width]"""
        return F.linear(tokens, self.in_proj_weight, self.in_proj_bias)

    def hear(self, projected: Tensor) -> Tensor:
        """What tokens heard from all, given what `project` made of them. [B, N, width]"""
        query, key, value = torch.split(projected, self.width, dim=-1)
        return self.out_proj(self._attend(query, key, value, None))

    def cross(self, tokens: Tensor, memory: Tensor, allowed: Tensor | None) -> Tensor:
        """Let tokens attend to a memory.

        Args:
            tokens: What asks. [B, N, width]
            memory: What is asked. [B, M, width]
            allowed: True where token `n` may attend to memory `m`; None allows all. [N, M]

        Returns:
            What each token heard. [B, N, width]
        """
        query = self._project_query(tokens)
        key, value = self._project_memory(memory)
        return self.out_proj(self._attend(query, key, value, allowed))

    def cross_aligned(self, tokens: Tensor, memory: Tensor, first_token: int = 0) -> Tensor:
        """Let the first token attend to all of the memory, token `i + 1` to memory `i` alone.

        A softmax over one entry is 1, so all tokens but the first hear their projected value
        itself: they need neither query nor key. The same as `cross` with an alignment mask of
        width 1.

        Args:
            tokens: What asks; only the first token's content matters. [B, 1 + M, width]
            memory: What is asked. [B, M, width]
            first_token: Tokens from this one on ask.

        Returns:
            What each asking token heard. [B, 1 + M - first_token, width]
        """
        key, value = self._project_memory(memory)
        if first_token:
            return self.out_proj(value[:, first_token - 1 :])
        first = self._attend(self._project_query(tokens[:, :1]), key, value, None)
        # Apart, because what frames hear is the same in every diffusion step: see `sampler_graph`.
        return torch.cat([self.out_proj(first), self.out_proj(value)], dim=1)

    def _project_query(self, tokens: Tensor) -> Tensor:
        weight, bias = self.in_proj_weight[: self.width], self.in_proj_bias[: self.width]
        return F.linear(tokens, weight, bias)

    def _project_memory(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        weight, bias = self.in_proj_weight[self.width :], self.in_proj_bias[self.width :]
        key, value = torch.split(F.linear(memory, weight, bias), self.width, dim=-1)
        return key, value

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor | None) -> Tensor:
        heard = F.scaled_dot_product_attention(
            self._split_heads(query),
            self._split_heads(key),
            self._split_heads(value),
            attn_mask=allowed,
            dropout_p=self.dropout if self.training else 0.0,
            scale=(self.width / self.num_heads) ** -0.5,  # a constant in the exported graph
        )
        return _reshape_tail(heard.transpose(1, 2), (self.width,))

    def _split_heads(self, tokens: Tensor) -> Tensor:
        head_width = self.width // self.num_heads
        return _reshape_tail(tokens, (self.num_heads, head_width)).transpose(1, 2)


def _reshape_tail(values: Tensor, tail: tuple[int, ...]) -> Tensor:
    """Another shape behind the first two axes. [B, N, ...] -> [B, N, *tail]"""
    if torch.onnx.is_in_onnx_export():
        return cast(Tensor, _ReshapeTail.apply(values, tail))  # type: ignore[no-untyped-call]
    return values.reshape(*values.shape[:2], *tail)


class _ReshapeTail(torch.autograd.Function):
    """The same as one node of a graph; a traced `reshape` takes five, to ask for the sizes."""

    @staticmethod
    def forward(_: Any, values: Tensor, tail: tuple[int, ...]) -> Tensor:
        """What tracing goes on with."""
        return values.reshape(*values.shape[:2], *tail)

    @staticmethod
    def symbolic(g: Any, values: Any, tail: tuple[int, ...]) -> Any:
        """What is written: 0 keeps an axis as it is, -1 is what is left."""
        shape = g.op("Constant", value_t=torch.tensor([0, -1, *tail]))
        reshaped = g.op("Reshape", values, shape)
        return reshaped.setType(values.type().with_sizes([None, None, *tail]))


class _TransformerLayer(nn.Module):
    """What encoder and decoder layers have in common: self-attention and a feed-forward pair."""

    def __init__(
        self, width: int, num_heads: int, feed_forward: int, *, dropout: float, pre_norm: bool
    ) -> None:
        super().__init__()
        self.pre_norm = pre_norm
        self.self_attn = MultiHeadAttention(width, num_heads, dropout=dropout)
        self.linear1 = nn.Linear(width, feed_forward)
        self.linear2 = nn.Linear(feed_forward, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def _before(self, norm: nn.Module, tokens: Tensor) -> Tensor:
        """What a sub-layer is given."""
        return norm(tokens) if self.pre_norm else tokens

    def _after(self, norm: nn.Module, tokens: Tensor, update: Tensor) -> Tensor:
        """Add what a sub-layer returned."""
        total = tokens + self.dropout(update)
        return total if self.pre_norm else norm(total)

    def _feed_forward(self, tokens: Tensor) -> Tensor:
        return self.linear2(self.dropout(F.gelu(self.linear1(tokens))))


class EncoderLayer(_TransformerLayer):
    """Self-attention, then a feed-forward pair."""

    def forward(self, tokens: Tensor) -> Tensor:
        """Refine tokens. [B, N, width] -> [B, N, width]"""
        heard = self.self_attn(self._before(self.norm1, tokens))
        tokens = self._after(self.norm1, tokens, heard)
        update = self._feed_forward(self._before(self.norm2, tokens))
        return self._after(self.norm2, tokens, update)


class DecoderLayer(_TransformerLayer):
    """Self-attention, cross-attention to a memory, then a feed-forward pair."""

    def __init__(
        self, width: int, num_heads: int, feed_forward: int, *, dropout: float, pre_norm: bool
    ) -> None:
        """Draw new weights.

        Args:
            width: Channels.
            num_heads: Heads of both attentions.
            feed_forward: Channels inside the feed-forward pair.
            dropout: Share of values dropped in training, 0..1.
            pre_norm: Normalise before each sub-layer instead of after it.
        """
        super().__init__(width, num_heads, feed_forward, dropout=dropout, pre_norm=pre_norm)
        self.multihead_attn = MultiHeadAttention(width, num_heads, dropout=dropout)
        self.norm3 = nn.LayerNorm(width)

    def forward(
        self,
        tokens: Tensor,
        memory: Tensor,
        allowed: Tensor | None,
        *,
        is_aligned: bool,
        first_token: int = 0,
        projected: Tensor | None = None,
    ) -> Tensor:
        """Refine tokens.

        Args:
            tokens: One token without a frame, then one for each memory entry. [B, 1 + M, width]
            memory: What cross-attention reads. [B, M, width]
            allowed: Mask of cross-attention, True where it may look; None for no mask. [1 + M, M]
            is_aligned: Take the short way of `MultiHeadAttention.cross_aligned`; ignores `allowed`.
            first_token: Tokens before this one are heard by the others, but not refined.
            projected: What `project` made of the tokens, if that is known. [B, 1 + M, 3 width]

        Returns:
            Tokens. [B, 1 + M - first_token, width]
        """
        if projected is None:
            heard = self.self_attn(self._before(self.norm1, tokens), first_token)
        else:
            heard = self.self_attn.hear(projected)[:, first_token:]
        tokens = self._after(self.norm1, tokens[:, first_token:], heard)
        if is_aligned:
            asking = self._before(self.norm2, tokens)
            heard = self.multihead_attn.cross_aligned(asking, memory, first_token)
        else:
            allowed = None if allowed is None else allowed[first_token:]
            heard = self.multihead_attn.cross(self._before(self.norm2, tokens), memory, allowed)
        tokens = self._after(self.norm2, tokens, heard)
        update = self._feed_forward(self._before(self.norm3, tokens))
        return self._after(self.norm3, tokens, update)

    def project(self, tokens: Tensor) -> Tensor:
        """Queries, keys and values of self-attention. [B, N, width] -> [B, N, 3 width]"""
        return self.self_attn.project(self._before(self.norm1, tokens))


class EncoderStack(nn.Module):
    """Encoder layers in a row."""

    def __init__(self, layers: Iterable[EncoderLayer]) -> None:
        """Take the layers in order."""
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, tokens: Tensor) -> Tensor:
        """Refine tokens. [B, N, width] -> [B, N, width]"""
        for layer in self.layers:
            tokens = layer(tokens)
        return tokens


class DecoderStack(nn.Module):
    """Decoder layers in a row, all with the same memory."""

    def __init__(self, layers: Iterable[DecoderLayer]) -> None:
        """Take the layers in order."""
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(
        self,
        tokens: Tensor,
        memory: Tensor,
        allowed: Tensor | None,
        *,
        is_aligned: bool,
        first_token: int = 0,
        projected: Tensor | None = None,
    ) -> Tensor:
        """Refine tokens; the arguments are those of `DecoderLayer.forward` in the first layer.

        Returns:
            Tokens from the first asked one on; the others are left out of the last layer alone,
            because those before it hear them. [B, 1 + M - first_token, width]
        """
        last = len(self.layers) - 1
        for index, layer in enumerate(self.layers):
            first = first_token if index == last else 0
            tokens = layer(
                tokens,
                memory,
                allowed,
                is_aligned=is_aligned,
                first_token=first,
                projected=projected,
            )
            projected = None
        return tokens

    def project(self, tokens: Tensor) -> Tensor:
        """What the first layer's `project` makes of tokens. [B, N, width] -> [B, N, 3 width]"""
        return cast(DecoderLayer, self.layers[0]).project(tokens)
