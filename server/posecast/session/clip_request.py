"""One clip that is to be animated."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from posecast.errors import InvalidRequest
from posecast.session.clip_options import ClipOptions
from posecast.signals import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRequest:
    """Who says what, and how it is to be shown."""

    samples: FloatArray
    """Audio at 16 kHz as it was recorded, at least one frame of it. [S]"""
    style: FloatArray | None = None
    """Style vector; None for the learned stand-in, so that guidance pushes speech alone.
    [style_dim]"""
    shape: FloatArray | None = None
    """FLAME's shape in raw units; None for the mean one. [100]"""
    options: ClipOptions = field(default_factory=ClipOptions)
    """Sampler, guidance, padding, repetitions."""

    def __post_init__(self) -> None:
        """Refuse what no model can take."""
        if self.samples.ndim != 1:
            raise InvalidRequest(f"audio of shape {self.samples.shape}; expected (samples,)")
        for name, values in (("audio", self.samples), ("style", self.style)):
            if values is not None and not np.isfinite(values).all():
                raise InvalidRequest(f"{name} is not finite")
