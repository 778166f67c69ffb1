"""The losses of the published denoiser: the prediction of a window against the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from posecast.errors import InvalidRequest
from posecast.rig.flame_layout import EXPRESSION_DIM, has_head
from posecast.training.flame.decoder import MotionDecoder

_HEAD_COLUMNS = slice(EXPRESSION_DIM, EXPRESSION_DIM + 3)  # of motion that has a head

Vertices = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Takes shape [B, 100], expression [B, T, 50] and pose [B, T, 6]; gives metres [B, T, V, 3]."""
Criterion = Literal["l2", "l1"]
Target = Literal["sample", "noise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossWeights:
    """How much each loss counts beside the plain one; 0 leaves it out. Defaults: as published."""

    vertices: float = 2e6
    """Vertex positions with the head held still, in square metres."""
    velocity: float = 1e7
    """First differences of the vertices."""
    smoothness: float = 1e5
    """Second differences of the predicted vertices; only beside one of the two above."""
    head_angle: float = 0.05
    """Head rotation, normalised."""
    head_velocity: float = 5.0
    """First differences of the head rotation."""
    head_smoothness: float = 0.5
    """Second differences of the predicted head rotation."""
    head_transition: float = 0.5
    """Jumps of the head's velocity and acceleration where the second window begins."""

    def __post_init__(self) -> None:
        """Refuse weights that reward an error."""
        for name in self.__dataclass_fields__:
            if not getattr(self, name) >= 0:
                raise InvalidRequest(f"loss weight {name} {getattr(self, name)}; allowed: 0 up")

    @property
    def needs_vertices(self) -> bool:
        """Whether any loss looks at vertices."""
        return self.vertices > 0 or self.velocity > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedWindow:
    """One window of a batch, as the network predicted it and as it is."""

    prediction: Tensor
    """Previous and current frames, clean motion or noise as the target says. [B, P + T, M]"""
    clean: Tensor
    """True motion of the current frames. [B, T, M], normalised"""
    noise: Tensor
    """What was added to it. [B, T, M]"""
    previous: Tensor | None
    """True motion before a second window; None in the first. [B, P, M], normalised"""
    shape: Tensor
    """Identity. [B, 100], normalised"""
    is_real: Tensor
    """True in the current frames that count; the others were cut off. [B, T]"""


class MotionLosses(nn.Module):
    """Compares windows; holds the statistics that vertices need.

    Source:
        DiffPoseTalk, arXiv:2310.00434, training losses; the released code for means and masks.
    """

    def __init__(
        self,
        decoder: MotionDecoder | None,
        vertices: Vertices | None,
        weights: LossWeights,
        *,
        criterion: Criterion = "l2",
        target: Target = "sample",
        constrains_previous: bool = True,
    ) -> None:
        """Choose what is compared.

        Args:
            decoder: Denormalises motion for `vertices`; None together with it.
            vertices: A differentiable FLAME; None where no vertex loss has a weight.
            weights: How much each loss counts.
            criterion: `l2` for squared errors, `l1` for absolute ones.
            target: What the network predicts; predicted noise has the plain loss alone.
            constrains_previous: Whether a second window's prediction of the previous frames counts.

        Raises:
            InvalidRequest: If vertices are weighed and missing, or a choice is unknown.
        """
        super().__init__()
        if weights.needs_vertices and (vertices is None or decoder is None):
            raise InvalidRequest(
                "losses of vertices need a FLAME model and statistics; without: weights 0"
            )
        if criterion not in ("l2", "l1"):
            raise InvalidRequest(f"criterion {criterion!r}; allowed: l2, l1")
        if target not in ("sample", "noise"):
            raise InvalidRequest(f"target {target!r}; allowed: sample, noise")
        self.decoder = decoder
        self._vertices = vertices
        self.weights = weights
        self._size = torch.square if criterion == "l2" else torch.abs
        self._target = target
        self._constrains_previous = constrains_previous

    def forward(self, window: ComparedWindow) -> dict[str, Tensor]:
        """Losses by name, each with its weight."""
        weights = {name: getattr(self.weights, name) for name in LossWeights.__dataclass_fields__}
        return {
            name: loss if name == "simple" else weights[name] * loss
            for name, loss in self.compare(window).items()
            if name == "simple" or weights[name] > 0
        }

    def compare(self, window: ComparedWindow) -> Mapping[str, Tensor]:
        """Losses by name before they are weighed; those that do not apply are left out.

        Means are over the selected frames. A difference is selected by the later of its frames.
        """
        num_current = window.clean.shape[1]
        current = window.prediction[:, -num_current:]
        if self._target == "noise":
            return {"simple": self._mean(current - window.noise, window.is_real)}
        predicted, truth, counts = current, window.clean, window.is_real
        if window.previous is not None:
            truth = torch.cat([window.previous, window.clean], dim=1)
            # Unconstrained, the current frames still go on from the true previous ones.
            constrains = self._constrains_previous
            predicted = (
                window.prediction if constrains else torch.cat([window.previous, current], dim=1)
            )
            earlier = torch.full_like(window.previous[..., 0], constrains).bool()
            counts = torch.cat([earlier, window.is_real], dim=1)
        losses = {"simple": self._mean(predicted - truth, counts)}
        if self.weights.needs_vertices:
            losses |= self._compare_vertices(predicted, truth, window.shape, counts)
        if has_head(window.clean.shape[-1]):
            losses |= self._compare_heads(predicted, truth, counts)
            if window.previous is not None:
                losses["head_transition"] = self._measure_transition(
                    window.previous[..., _HEAD_COLUMNS], current[..., _HEAD_COLUMNS], window.is_real
                )
        return losses

    def _compare_vertices(
        self, predicted: Tensor, truth: Tensor, shape: Tensor, counts: Tensor
    ) -> dict[str, Tensor]:
        found, wanted = (self._decode_vertices(motion, shape) for motion in (predicted, truth))
        error, velocity = found - wanted, _differences(found)
        return {
            "vertices": self._mean(error, counts),
            "velocity": self._mean(_differences(error), counts[:, 1:]),
            "smoothness": self._mean(_differences(velocity), counts[:, 2:]),
        }

    def _decode_vertices(self, motion: Tensor, shape: Tensor) -> Tensor:
        if self.decoder is None or self._vertices is None:
            raise InvalidRequest("losses of vertices need a FLAME model and statistics")
        expression, pose = self.decoder(motion)
        return self._vertices(self.decoder.decode_shape(shape), expression, pose)

    def _compare_heads(self, predicted: Tensor, truth: Tensor, counts: Tensor) -> dict[str, Tensor]:
        head = predicted[..., _HEAD_COLUMNS]
        error = head - truth[..., _HEAD_COLUMNS]
        return {
            "head_angle": self._mean(error, counts),
            "head_velocity": self._mean(_differences(error), counts[:, 1:]),
            "head_smoothness": self._mean(_differences(_differences(head)), counts[:, 2:]),
        }

    def _measure_transition(self, previous: Tensor, current: Tensor, is_real: Tensor) -> Tensor:
        """How unevenly the head goes on from three true frames to three predicted ones."""
        velocity = _differences(torch.cat([previous[:, -3:], current[:, :3]], dim=1))  # v0..v4
        acceleration = _differences(velocity)  # a0..a3
        # v2 leads to the first predicted frame; v4 is left out, as published.
        jolts = self._mean(velocity[:, 2:4] - velocity[:, 1:3], is_real[:, :2])
        return jolts + self._mean(acceleration[:, 1:] - acceleration[:, :-1], is_real[:, :3])

    def _mean(self, values: Tensor, counts: Tensor) -> Tensor:
        """Mean size of the values in the frames that count; 0 if none does."""
        selected = self._size(values).flatten(2).mean(dim=-1)
        share = counts.to(selected.dtype)
        return (selected * share).sum() / share.sum().clamp(min=1)


def _differences(values: Tensor) -> Tensor:
    """From each frame to the next. [B, T, ...] -> [B, T - 1, ...]"""
    return values[:, 1:] - values[:, :-1]
