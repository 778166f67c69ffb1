"""What a sampler asks of a denoiser."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from posecast.config import DenoiserConfig
from posecast.signals import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Everything that a denoiser is told about a batch of windows, beside the noisy motion."""

    speech: FloatArray
    """Speech features of the current frames. [B, T, D]"""
    style: FloatArray
    """Style vectors; width 0 for a model without style. [B, style_dim]"""
    shape: FloatArray
    """Normalised identity; width 0 for a rig that needs none. [B, shape_dim]"""
    previous_motion: FloatArray
    """Normalised motion before the window; ignored where `has_previous` is false. [B, P, M]"""
    previous_speech: FloatArray
    """Speech features before the window; ignored where `has_previous` is false. [B, P, D]"""
    indicator: FloatArray
    """1 for real frames, 0 for padding. [B, T]"""
    has_speech: BoolArray
    """False puts the learned null features in the place of `speech`. [B]"""
    has_style: BoolArray
    """False puts the learned null style in the place of `style`. [B]"""
    has_previous: BoolArray
    """False puts the learned start frames in the place of the previous ones. [B]"""

    def keeping(self, *, speech: bool, style: bool) -> Conditions:
        """The same conditions with speech or style withheld, for one entry of guidance."""
        return replace(
            self,
            has_speech=self.has_speech & speech,
            has_style=self.has_style & style,
        )


class Denoiser(Protocol):
    """Predicts clean motion (or noise, by its configuration) from noisy motion."""

    @property
    def config(self) -> DenoiserConfig:
        """Sizes and conventions of the network."""
        ...

    def predict(
        self, noisy_motion: FloatArray, step: IntArray, conditions: Conditions
    ) -> FloatArray:
        """Evaluate the network once.

        Args:
            noisy_motion: Normalised motion with noise of level `step`. [B, T, M]
            step: Diffusion step of each row, 1..num_steps. [B]
            conditions: What the windows are conditioned on.

        Returns:
            The prediction for the current frames. [B, T, M], normalised
        """
        ...


def stack_conditions(entries: list[Conditions]) -> Conditions:
    """Join several batches into one, in order; one alone stays as it is."""
    if len(entries) == 1:
        return entries[0]
    return Conditions(
        **{
            name: np.concatenate([getattr(entry, name) for entry in entries])
            for name in Conditions.__dataclass_fields__
        }
    )
