"""The streaming speech encoder as a torch network, for training and export."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from posecast.config import SpeechEncoderConfig

NUM_ARTICULATORS = 9
HOPS_PER_FRAME = 4
_PATCH_HOPS, _PATCH_STRIDE = 6, 2  # 60 ms every 20 ms
_PATCHES_PER_FRAME, _FRAME_STRIDE = 4, 2  # 80 ms every 40 ms
_FIRST_HOPS, _FIRST_BANDS, _SECOND_HOPS, _SECOND_BANDS = 3, 7, 4, 5  # both together hear 6 hops
_BLOCK_PATCHES = 3


def _gather_taps(past: Tensor, current: Tensor, taps: int, stride: int) -> tuple[Tensor, Tensor]:
    """Concatenate the last `taps` inputs at every `stride`-th one; keep what comes next needs.

    Plain concatenation and a matrix product run several times faster on CPUs than the convolution.
    """
    joined = torch.cat([past, current], dim=1)
    slices = [slice(tap, _from_end(taps - 1 - tap), stride) for tap in range(taps)]
    gathered = torch.cat([joined[:, inputs] for inputs in slices], dim=-1)
    return gathered, joined[:, stride - taps :]


def _from_end(left_out: int) -> int | None:
    """End of a slice that leaves the last ones out; unlike a length, a constant of the graph."""
    return -left_out if left_out else None


class SpectrumConvolutions(nn.Module):
    """Convolutions over hops and bands: a formant is the same shape wherever a voice has it.

    Two of them make patches of 60 ms every 20 ms with a quarter of the bands; residual ones, each
    of which hears 40 ms more of the past, go on from there.
    """

    def __init__(self, num_bands: int, channels: tuple[int, int], num_blocks: int) -> None:
        """Make the convolutions.

        Args:
            num_bands: Bands of the spectrum, without its level column.
            channels: Channels of the first convolution, and of all others.
            num_blocks: Residual ones.
        """
        super().__init__()
        first, self.channels = channels
        self.num_columns = _strided(_strided(num_bands, _FIRST_BANDS), _SECOND_BANDS)
        self.first = nn.Conv2d(1, first, (_FIRST_HOPS, _FIRST_BANDS), stride=(1, 2))
        self.second = nn.Conv2d(
            first, self.channels, (_SECOND_HOPS, _SECOND_BANDS), stride=(_PATCH_STRIDE, 2)
        )
        self.width = self.num_columns * self.channels
        self.norms = nn.ModuleList(nn.LayerNorm(self.width) for _ in range(num_blocks))
        self.blocks = nn.ModuleList(
            nn.Conv2d(self.channels, self.channels, (_BLOCK_PATCHES, 3), padding=(0, 1))
            for _ in range(num_blocks)
        )

    @property
    def patch_dim(self) -> int:
        """Width of a patch: channels of each column of bands, and the level."""
        return self.width + 1

    @property
    def block_pasts(self) -> list[tuple[int, int]]:
        """Shape of what each residual convolution remembers of a stream."""
        return [(_BLOCK_PATCHES - 1, self.width)] * len(self.blocks)

    def forward(self, mel: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Patches of the spectrum and what the next call needs of the past.

        Args:
            mel: Normalised spectrum with its level column. [B, 4 T, M + 1]
            state: Past of the spectrum, and of each residual convolution.

        Returns:
            Patches. [B, 2 T, patch_dim]
        """
        joined = torch.cat([state[0], mel], dim=1)
        hidden = self.strided(joined)
        pasts = [joined[:, _PATCH_STRIDE - _PATCH_HOPS :]]
        for norm, block, past in zip(self.norms, self.blocks, state[1:], strict=True):
            context = torch.cat([past, norm(hidden)], dim=1)
            pasts.append(context[:, 1 - _BLOCK_PATCHES :])
            planes = torch.unflatten(context, 2, (self.num_columns, self.channels))
            planes = planes.permute(0, 3, 1, 2)
            hidden = hidden + _columns_last(functional.gelu(block(planes)))
        level = joined[:, _PATCH_HOPS - 1 :: _PATCH_STRIDE, -1:]
        return torch.cat([hidden, level], dim=-1), pasts

    def strided(self, joined: Tensor) -> Tensor:
        """The two that make patches. [B, 4 + 4 T, M + 1] -> [B, 2 T, width]"""
        hidden = functional.gelu(self.first(joined[:, None, :, :-1]))
        return _columns_last(functional.gelu(self.second(hidden)))


def _strided(num_bands: int, kernel: int) -> int:
    """Columns that a convolution of stride two makes of bands, which it does not pad."""
    return (num_bands - kernel) // 2 + 1


def _columns_last(planes: Tensor) -> Tensor:
    """One row a patch: [B, C, T, N] -> [B, T, N C]."""
    return planes.permute(0, 2, 3, 1).flatten(2)


class CausalBlock(nn.Module):
    """Residual pair of a dilated causal layer and a position-wise one, both pre-normalised."""

    def __init__(self, width: int, taps: int, dilation: int, dropout: float) -> None:
        """Make a block that hears `(taps - 1) * dilation` frames of the past."""
        super().__init__()
        self.taps, self.dilation = taps, dilation
        self.context_norm = nn.LayerNorm(width)
        self.context = nn.Linear(width * taps, width)
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 2 * width)
        self.contract = nn.Linear(2 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """Next hidden frames and the new past. [B, T, W], [B, past_frames, W]"""
        joined = torch.cat([past, self.context_norm(hidden)], dim=1)
        starts = [tap * self.dilation for tap in range(self.taps)]
        taps = [joined[:, start : _from_end(starts[-1] - start)] for start in starts]
        hidden = hidden + functional.gelu(self.context(torch.cat(taps, dim=-1)))
        inner = self.dropout(functional.gelu(self.expand(self.norm(hidden))))
        return hidden + self.contract(inner), joined[:, -starts[-1] :]


class SpeechEncoderNetwork(nn.Module):
    """Causal network from a level-normalised log-mel spectrum to speech features.

    Source:
        Our own design (docs/default-model.md); the patches and the auxiliary heads follow the
        recipe's findings. The look-ahead is a delay that the network is told: it never hears the
        future of its step, and step `s` is about the frame `s - look_ahead`.
    """

    def __init__(self, config: SpeechEncoderConfig, dropout: float = 0.1) -> None:
        """Make the network with random weights.

        Args:
            config: Sizes.
            dropout: Drop probability of the position-wise layers.
        """
        super().__init__()
        self.config = config
        width = config.width
        patch_dim = (config.num_mel_bands + 1) * _PATCH_HOPS
        self.convolutions: SpectrumConvolutions | None = None
        if config.conv_channels:
            first, others = config.conv_channels
            self.convolutions = SpectrumConvolutions(
                config.num_mel_bands, (first, others), config.conv_blocks
            )
            patch_dim = self.convolutions.patch_dim
        self.patch = nn.Linear(patch_dim, width)
        self.frame = nn.Linear(width * _PATCHES_PER_FRAME, width)
        self.look_ahead = nn.Linear(len(config.look_aheads_frames), width, bias=False)
        self.blocks = nn.ModuleList(
            CausalBlock(width, config.kernel_frames, dilation, dropout)
            for dilation in config.dilations
        )
        self.norm = nn.LayerNorm(width)
        self.articulators = nn.Linear(width, NUM_ARTICULATORS)
        self.accent = nn.Linear(width, 1)
        self.phones = nn.Linear(width, 2 * config.num_phone_classes)

    def initial_state(self, batch: int) -> list[Tensor]:
        """Zeros for every layer that remembers, on the network's device."""
        width = self.config.width
        past_frames = [(self.config.kernel_frames - 1) * d for d in self.config.dilations]
        shapes = [
            (_PATCH_HOPS - _PATCH_STRIDE, self.config.num_mel_bands + 1),
            *(self.convolutions.block_pasts if self.convolutions is not None else []),
            (_PATCHES_PER_FRAME - _FRAME_STRIDE, width),
            *((frames, width) for frames in past_frames),
        ]
        return [torch.zeros(batch, *shape, device=self.norm.weight.device) for shape in shapes]

    def hidden(
        self, mel: Tensor, look_ahead: Tensor, state: list[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """Hidden frames and the new state.

        Args:
            mel: Normalised spectrum with its level column, a multiple of four hops. [B, 4 T, 81]
            look_ahead: One-hot choice of `look_aheads_frames`. [B, N]
            state: From `initial_state` or the block before.

        Returns:
            Hidden frames, one a step. [B, T, W]
        """
        num_pasts = 1 + self.config.conv_blocks
        patches, pasts = self._patches(mel, state[:num_pasts])
        patches = functional.gelu(self.patch(patches))
        frames, patch_past = _gather_taps(
            state[num_pasts], patches, _PATCHES_PER_FRAME, _FRAME_STRIDE
        )
        hidden = functional.gelu(self.frame(frames)) + self.look_ahead(look_ahead)[:, None]
        pasts = [*pasts, patch_past]
        for block, past in zip(self.blocks, state[num_pasts + 1 :], strict=True):
            hidden, new_past = block(hidden, past)
            pasts.append(new_past)
        return self.norm(hidden), pasts

    def _patches(self, mel: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """What the hidden layers hear, every 20 ms, and the new state."""
        if self.convolutions is not None:
            patches, pasts = self.convolutions(mel, state)
            return patches, pasts
        patches, past = _gather_taps(state[0], mel, _PATCH_HOPS, _PATCH_STRIDE)
        return patches, [past]

    def forward(self, mel: Tensor, look_ahead: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """Speech features of the steps, then the new state. [B, T, D]"""
        hidden, pasts = self.hidden(mel, look_ahead, list(state))
        return self.features(hidden), *pasts

    def features(self, hidden: Tensor) -> Tensor:
        """Articulators, accent and the odds of the phones side by side. [B, T, D]"""
        articulators, accent, phones = self.heads(hidden)
        odds = torch.softmax(phones, dim=-1).flatten(-2)
        return torch.cat([articulators, accent[..., None], odds], dim=-1)

    def heads(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What training supervises: articulators [B, T, 9], accent [B, T], phones [B, T, 2, N]."""
        phones = self.phones(hidden).unflatten(-1, (2, self.config.num_phone_classes))
        return torch.sigmoid(self.articulators(hidden)), self.accent(hidden)[..., 0], phones
