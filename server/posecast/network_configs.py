"""Shapes of the networks, as the weights fix them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from posecast.errors import InvalidRequest

SAMPLE_RATE_HZ = 16_000
FRAME_RATE_HZ = 25
SAMPLES_PER_FRAME = SAMPLE_RATE_HZ // FRAME_RATE_HZ  # 640


def look_ahead_ms(frames: int) -> int:
    """Audio after a frame's instant that is heard with a look-ahead of so many frames."""
    return (frames + 1) * 1000 // FRAME_RATE_HZ


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEncoderConfig:
    """Shape of the small streaming speech encoder."""

    num_mel_bands: int = 80
    """Mel bands of the front end."""
    width: int = 192
    """Channels of the hidden layers."""
    num_blocks: int = 6
    """Residual blocks at 25 frames a second."""
    kernel_frames: int = 5
    """Taps of each causal block, in frames of 40 ms."""
    dilations: tuple[int, ...] = (1, 1, 2, 2, 4, 4)
    """Spacing of the taps of each block, in frames."""
    look_ahead_frames: int = 3
    """Future frames that the features of a frame may hear; the audio needed is 40 ms more."""
    look_aheads_frames: tuple[int, ...] = (3,)
    """Look-aheads that a stream may choose from, in frames; the default is `look_ahead_frames`."""
    num_phone_classes: int = 27
    """Phone classes whose odds are part of the features."""
    conv_channels: tuple[int, ...] = ()
    """Channels of the two convolutions that first hear the spectrum; empty for none, as in packages
    up to 2.2.0, where patches of it go to the hidden layers as they are."""
    conv_blocks: int = 0
    """Residual convolutions at 50 patches a second after them."""

    def __post_init__(self) -> None:
        """Hold the default to the choices."""
        if len(self.conv_channels) not in (0, 2) or (self.conv_blocks and not self.conv_channels):
            raise InvalidRequest(
                f"conv_channels {self.conv_channels}, conv_blocks {self.conv_blocks}; allowed: "
                f"channels of two convolutions, or neither channels nor blocks"
            )
        if self.look_ahead_frames not in self.look_aheads_frames:
            raise InvalidRequest(
                f"look_ahead_frames {self.look_ahead_frames}; allowed: one of look_aheads_frames, "
                f"{', '.join(map(str, self.look_aheads_frames))}"
            )

    @property
    def feature_dim(self) -> int:
        """Width: nine articulators, an accent, odds of the phones of the 20 ms on either side."""
        return 10 + 2 * self.num_phone_classes  # 64

    @property
    def look_aheads_ms(self) -> tuple[int, ...]:
        """The same in milliseconds of audio after a frame's instant."""
        return tuple(look_ahead_ms(frames) for frames in self.look_aheads_frames)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipEncoderConfig:
    """Shape of a HuBERT that hears whole clips; the defaults are the published sizes."""

    kind: Literal["hubert", "wav2vec2"] = "hubert"
    """Which pre-trained network it was made from; both have the same layers."""
    conv_dims: tuple[int, ...] = (512, 512, 512, 512, 512, 512, 512)
    """Channels of each convolution."""
    conv_kernels: tuple[int, ...] = (10, 3, 3, 3, 3, 2, 2)
    """Taps of each convolution, in samples of its input."""
    conv_strides: tuple[int, ...] = (5, 2, 2, 2, 2, 2, 2)
    """Stride of each convolution; their product is 320 samples, 20 ms."""
    width: int = 768
    """Channels of the transformer."""
    num_layers: int = 12
    """Transformer layers."""
    num_heads: int = 12
    """Attention heads."""
    feed_forward: int = 3072
    """Width of the feed-forward layers."""
    position_kernel: int = 128
    """Taps of the positional convolution, in vectors of 20 ms."""
    position_groups: int = 16
    """Groups of the positional convolution."""
    feature_dim: int = 512
    """Width of a frame of features."""

    def __post_init__(self) -> None:
        """Hold the sizes to each other."""
        lengths = len(self.conv_dims), len(self.conv_kernels), len(self.conv_strides)
        if len(set(lengths)) > 1 or math.prod(self.conv_strides) != SAMPLES_PER_FRAME // 2:
            raise InvalidRequest(
                f"conv_dims {self.conv_dims}, conv_kernels {self.conv_kernels}, conv_strides "
                f"{self.conv_strides}; expected as many of each, and a product of the strides of "
                f"{SAMPLES_PER_FRAME // 2}"
            )
        for name in ("num_heads", "position_groups"):
            if self.width % getattr(self, name):
                raise InvalidRequest(
                    f"width {self.width}; expected a multiple of {name} {getattr(self, name)}"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleEncoderConfig:
    """Shape of the style encoder; the defaults are the published sizes."""

    motion_dim: int = 54
    """Width of a motion frame."""
    width: int = 128
    """Channels of the transformer, and of the style vector."""
    num_layers: int = 4
    """Transformer layers."""
    num_heads: int = 4
    """Attention heads."""
    feed_forward_ratio: int = 4
    """Width of the feed-forward layer over `width`."""
    sees_velocity: bool = False
    """Whether first differences enter too; the published encoder sees positions only."""
    position_per_frame: bool = False
    """Whether each frame has its own sinusoid; the published one adds one row to all frames."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiserConfig:
    """Shape of the denoiser; the defaults are the published sizes."""

    motion_dim: int = 54
    """Width of a motion frame."""
    speech_dim: int = 512
    """Width of a frame of speech features."""
    style_dim: int = 128
    """Width of the style vector; 0 for a model without style."""
    shape_dim: int = 100
    """Width of the identity vector; 0 for a rig that needs none."""
    width: int = 512
    """Channels of the transformer."""
    num_layers: int = 8
    """Decoder layers."""
    num_heads: int = 8
    """Attention heads."""
    feed_forward_ratio: int = 4
    """Width of the feed-forward layer over `width`."""
    window_frames: int = 100
    """Most current frames in a window."""
    previous_frames: int = 10
    """Frames of the previous window that condition the current one."""
    num_steps: int = 500
    """Diffusion steps T."""
    schedule: Literal["cosine", "linear", "quadratic", "sigmoid"] = "cosine"
    """How beta grows with the step."""
    target: Literal["sample", "noise"] = "sample"
    """What the network predicts."""
    alignment_width: int = 1
    """Reach of a frame's cross-attention; 1 sees its own speech frame only, 0 sees all."""
    uses_indicator: bool = True
    """Whether a channel tells real frames (1) from padding and previous frames (0)."""
    learned_positions: bool = True
    """Learned position table; otherwise the published sinusoid, one row for all tokens."""
    pre_norm: bool = False
    """Normalise before each sub-layer instead of after it; the published models normalise after."""
    speech_skip: bool = False
    """Add a linear map of the speech features to the output; the published models have none."""
    pads_windows: bool = True
    """Whether short windows are padded to `window_frames` (published) or passed as they are."""
