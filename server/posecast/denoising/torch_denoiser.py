"""The denoiser in torch: reference implementation, for training, parity and export.

person token [shape, style] + step --+
previous and noisy motion, indicator-+-> N decoder layers -> motion of all frames
previous and current speech ----------------^ cross-attention
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from posecast.config import DenoiserConfig
from posecast.denoising.denoiser import Conditions
from posecast.denoising.window_padding import fit_window
from posecast.nn import DecoderLayer, DecoderStack, sinusoid_table
from posecast.signals import FloatArray, IntArray

_NUM_FIXED_POSITIONS = 600  # rows of the published sinusoid table; the output does not depend on it


class DenoiserNetwork(nn.Module):
    """Predicts the motion of a window, previous frames included, from noisy motion and conditions.

    Source:
        DiffPoseTalk, arXiv:2310.00434; the layout of its published weights under `denoising_net`.
    """

    step_table: Tensor
    fixed_position: Tensor

    def __init__(self, config: DenoiserConfig, *, dropout: float = 0.1) -> None:
        """Draw new weights.

        Args:
            config: Sizes.
            dropout: Share of values dropped in training, 0..1; the published models use 0.1.
        """
        super().__init__()
        self.config = config
        # Both ways give the same numbers; a test compares them by switching this off.
        self.takes_aligned_path = config.alignment_width == 1
        width = config.width
        num_tokens = 1 + config.previous_frames + config.window_frames  # 111

        self.diff_step_map = nn.Sequential(
            nn.Linear(width, width), nn.GELU(), nn.Linear(width, width)
        )
        if config.shape_dim + config.style_dim:
            self.person_proj = nn.Linear(config.shape_dim + config.style_dim, width)
        self.feature_proj = nn.Linear(config.motion_dim + int(config.uses_indicator), width)
        self.speech_proj = self._build_speech_projection()
        if config.learned_positions:
            self.PE = nn.Parameter(torch.randn(1, num_tokens, width) / width**0.5)
        else:
            # As in the style encoder, the published sinusoid is the one row with the index of the
            # sequence length, added to every token. Short windows take the full window's row.
            table = sinusoid_table(_NUM_FIXED_POSITIONS, width)
            self.register_buffer("fixed_position", table[num_tokens], persistent=False)
        step_table = sinusoid_table(config.num_steps + 1, width)
        self.register_buffer("step_table", step_table, persistent=False)
        self.transformer = DecoderStack(
            self._build_layer(dropout) for _ in range(config.num_layers)
        )
        self.final_norm = nn.LayerNorm(width) if config.pre_norm else nn.Identity()
        self.motion_dec = nn.Sequential(
            nn.Linear(width, width // 2), nn.GELU(), nn.Linear(width // 2, config.motion_dim)
        )
        if config.speech_skip:
            self.speech_skip = nn.Linear(config.speech_dim, config.motion_dim)

    def forward(  # noqa: PLR0913, PLR0917 - these are the inputs of the network
        self,
        noisy_motion: Tensor,
        step: Tensor,
        speech: Tensor,
        style: Tensor,
        shape: Tensor,
        previous_motion: Tensor,
        previous_speech: Tensor,
        indicator: Tensor,
        *,
        first_frame: int = 0,
    ) -> Tensor:
        """Predict the motion of the previous and the current frames.

        Args:
            noisy_motion: Current frames at noise level `step`; at most `window_frames`. [B, T, M],
                or fewer rows, all of which are repeated until there are B: terms of guidance differ
                in speech and style alone, so that their frames need to be embedded once
            step: Diffusion step, 1..num_steps, int64. [B]
            speech: Features of the current frames. [B, T, D]
            style: Style vector. [B, style_dim]
            shape: Normalised identity. [B, shape_dim]
            previous_motion: Clean motion before the window. [B, P, M]
            previous_speech: Features before the window. [B, P, D]
            indicator: 1 for real current frames, 0 for padding. [B, T]
            first_frame: Frames from this one on are predicted, counted from the first previous one.

        Returns:
            The prediction. [B, P + T - first_frame, M], normalised
        """
        features = torch.cat([previous_speech, speech], dim=1)
        person = self._embed_person(step, style, shape)[:, None]
        frames = self._embed_frames(previous_motion, noisy_motion, indicator)
        # Counted by the features: in the sampler's graph these, unlike tokens, are no step's.
        num_tokens = 1 + features.shape[1]
        tokens, projected = self._join_tokens(person, frames, num_tokens)
        memory = self.speech_proj(features)
        allowed = None if self.takes_aligned_path else self._allowed_memory(memory)
        # The person's token is left out with the frames before those that are wanted: nobody reads
        # what the last layer makes of it.
        first_token = 1 + first_frame if first_frame else 0
        tokens = self.transformer(
            tokens,
            memory,
            allowed,
            is_aligned=self.takes_aligned_path,
            first_token=first_token,
            projected=projected,
        )
        frames = tokens if first_token else tokens[:, 1:]
        prediction = self.motion_dec(self.final_norm(frames))
        if self.config.speech_skip:
            prediction = prediction + self.speech_skip(features[:, first_frame:])
        return prediction

    def _build_speech_projection(self) -> nn.Module:
        """The published features already have the transformer's width and enter as they are."""
        if self.config.speech_dim == self.config.width:
            return nn.Identity()
        return nn.Linear(self.config.speech_dim, self.config.width)

    def _build_layer(self, dropout: float) -> DecoderLayer:
        return DecoderLayer(
            self.config.width,
            self.config.num_heads,
            self.config.feed_forward_ratio * self.config.width,
            dropout=dropout,
            pre_norm=self.config.pre_norm,
        )

    def _embed_person(self, step: Tensor, style: Tensor, shape: Tensor) -> Tensor:
        embedded = self.diff_step_map(self.step_table[step])
        given = [
            value
            for value, width in ((shape, self.config.shape_dim), (style, self.config.style_dim))
            if width
        ]
        if given:
            embedded = embedded + self.person_proj(torch.cat(given, dim=-1))
        return embedded

    def _embed_frames(
        self, previous_motion: Tensor, noisy_motion: Tensor, indicator: Tensor
    ) -> Tensor:
        if len(noisy_motion) < len(previous_motion):
            num_rows = noisy_motion.shape[0]
            previous_motion, indicator = previous_motion[:num_rows], indicator[:num_rows]
        motion = torch.cat([previous_motion, noisy_motion], dim=1)
        if self.config.uses_indicator:
            # Previous frames have indicator 0, the value of padding: so were the weights trained.
            channel = torch.cat([torch.zeros_like(previous_motion[..., 0]), indicator], dim=1)
            motion = torch.cat([motion, channel[..., None]], dim=-1)
        return self.feature_proj(motion)

    def _join_tokens(
        self, person: Tensor, frames: Tensor, num_tokens: int
    ) -> tuple[Tensor, Tensor | None]:
        """Tokens with their positions, and their first projection where it saves work.

        Rows that have the same frames differ in the token of the person alone, so that what the
        first layer projects of frames is theirs in common.
        """
        if len(frames) == len(person):
            tokens = torch.cat([person, frames], dim=1)
            return tokens + self._positions(0, num_tokens), None
        person = person + self._positions(0, 1)
        frames = frames + self._positions(1, num_tokens)
        repeats = (person.shape[0] // frames.shape[0], 1, 1)
        tokens = torch.cat([person, frames.repeat(repeats)], dim=1)
        project = self.transformer.project
        return tokens, torch.cat([project(person), project(frames).repeat(repeats)], dim=1)

    def _positions(self, start: int, stop: int) -> Tensor:
        """What tells tokens apart. [1, stop - start, width], or [width] for all of them"""
        return self.PE[:, start:stop] if self.config.learned_positions else self.fixed_position

    def _allowed_memory(self, memory: Tensor) -> Tensor | None:
        """True where a token may look: the person everywhere, a frame near itself. [1 + M, M]"""
        reach = self.config.alignment_width
        if reach <= 0:
            return None
        frame = torch.arange(memory.shape[1], device=memory.device)
        near = (frame[:, None] - frame[None, :]).abs() < reach
        return torch.cat([torch.ones_like(near[:1]), near])


class ConditionedDenoiser(nn.Module):
    """A denoiser network with the learned stand-ins for whatever is withheld from it.

    Its state dict is the published one without the speech encoder and without recomputable buffers.
    """

    def __init__(self, config: DenoiserConfig, *, dropout: float = 0.1) -> None:
        """Draw new weights.

        Args:
            config: Sizes.
            dropout: Share of values dropped in training, 0..1.
        """
        super().__init__()
        self.config = config
        previous = config.previous_frames
        self.start_motion_feat = nn.Parameter(torch.randn(1, previous, config.motion_dim))
        self.start_audio_feat = nn.Parameter(torch.randn(1, previous, config.speech_dim))
        self.null_audio_feat = nn.Parameter(torch.randn(1, 1, config.speech_dim))
        if config.style_dim:
            self.null_style_feat = nn.Parameter(torch.randn(1, 1, config.style_dim))
        self.denoising_net = DenoiserNetwork(config, dropout=dropout)

    def forward(self, *inputs: Tensor) -> Tensor:
        """Predict the motion of the current frames.

        Args:
            inputs: The eight inputs of `DenoiserNetwork.forward`, then `has_speech`, `has_style`
                and `has_previous`: 1 where it is given, 0 where its stand-in is taken. [B]

        Returns:
            The prediction. [B, T, M], normalised
        """
        return self._predict(*inputs, first_frame=self.config.previous_frames)

    def predict_all(self, *inputs: Tensor) -> Tensor:
        """The same with the prediction of the previous frames in front. [B, P + T, M]"""
        return self._predict(*inputs, first_frame=0)

    def _predict(  # noqa: PLR0913, PLR0917 - these are the inputs of the network
        self,
        noisy_motion: Tensor,
        step: Tensor,
        speech: Tensor,
        style: Tensor,
        shape: Tensor,
        previous_motion: Tensor,
        previous_speech: Tensor,
        indicator: Tensor,
        has_speech: Tensor,
        has_style: Tensor,
        has_previous: Tensor,
        *,
        first_frame: int,
    ) -> Tensor:
        """Put the stand-ins in and predict frames from one on."""
        # The unconditional entry of guidance keeps the real previous speech: only `speech` is null.
        speech = _choose(has_speech, speech, self.null_audio_feat)
        previous_motion = _choose(has_previous, previous_motion, self.start_motion_feat)
        previous_speech = _choose(has_previous, previous_speech, self.start_audio_feat)
        if self.config.style_dim:
            style = _choose(has_style, style, self.null_style_feat[:, 0])
        return self.denoising_net(
            noisy_motion,
            step,
            speech,
            style,
            shape,
            previous_motion,
            previous_speech,
            indicator,
            first_frame=first_frame,
        )


def _choose(is_given: Tensor, value: Tensor, stand_in: Tensor) -> Tensor:
    """The value in the rows where it is given, else the stand-in."""
    flag = is_given.reshape([-1] + [1] * (value.dim() - 1))
    return torch.where(flag > 0.5, value, stand_in)


class TorchDenoiser:
    """Serves a `ConditionedDenoiser` as a `Denoiser`."""

    def __init__(self, network: ConditionedDenoiser, device: str = "cpu") -> None:
        """Take a network over; it moves to the device and leaves training mode.

        Args:
            network: Weights.
            device: Torch device.
        """
        self._network = network.to(device).eval()
        self._device = device

    @property
    def config(self) -> DenoiserConfig:
        """Sizes and conventions of the network."""
        return self._network.config

    def predict(
        self, noisy_motion: FloatArray, step: IntArray, conditions: Conditions
    ) -> FloatArray:
        """Evaluate the network once; see `Denoiser.predict`.

        Raises:
            InvalidRequest: If the window is longer than the network can take.
        """
        inputs = fit_window(self.config, noisy_motion, step, conditions)
        tensors = [torch.from_numpy(value).to(self._device) for value in inputs.values()]
        with torch.no_grad():
            prediction = self._network(*tensors)
        result: FloatArray = prediction[:, : noisy_motion.shape[1]].cpu().numpy()
        return result
