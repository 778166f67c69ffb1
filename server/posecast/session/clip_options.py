"""What may be chosen about the animation of a whole clip."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from posecast.denoising.guidance import Guidance
from posecast.denoising.reverse_process import ReverseProcess
from posecast.errors import InvalidRequest
from posecast.ranges import check_range

PadMode = Literal["zero", "replicate"]
_MAX_REPETITIONS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipOptions:
    """Choices of one clip; unset, those of the published inference."""

    process: ReverseProcess = field(default_factory=ReverseProcess)
    """Sampler and steps."""
    guidance: Guidance = field(default_factory=Guidance)
    """Scales of speech and style, mode, threshold."""
    pad_mode: PadMode = "zero"
    """What fills the last window: `zero` is the clip's mean, `replicate` its last sample."""
    hears_whole_clip: bool = True
    """Whether all windows hear the whole clip; if not, each hears its own 4 s, as in training."""
    num_repetitions: int = 1
    """How many animations are made of the clip, each of other noise, 1..1000."""
    reuses_start_noise: bool = True
    """Whether all windows start from the noise of the first one, as published."""

    def __post_init__(self) -> None:
        """Check every range once."""
        if self.pad_mode not in ("zero", "replicate"):
            raise InvalidRequest(f"pad mode {self.pad_mode!r}; allowed: zero, replicate")
        check_range("number of repetitions", self.num_repetitions, 1, _MAX_REPETITIONS)
