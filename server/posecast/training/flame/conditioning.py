"""What is withheld from the denoiser in training: conditions of guidance, and ends of windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from posecast.errors import InvalidRequest

GuidanceTraining = Literal["incremental", "independent"]
PadMode = Literal["zero", "replicate"]
CONDITIONS = ("audio", "style")
_STYLE_KEPT, _AUDIO_KEPT = 0.55, 0.9
_DROPPED_OF_TWO, _DROPPED_ALONE = 0.5, 0.1


def drop_conditions(
    numbers: Tensor, mode: GuidanceTraining, guided: Sequence[str] = CONDITIONS
) -> tuple[Tensor, Tensor]:
    """Which rows keep their speech and their style.

    Incremental guidance compares nothing, speech, and speech with style, so these three are what
    rows get: style alone is never seen. The shares 0.10, 0.35 and 0.55 are those of the released
    code; a remark in it says 0.1, 0.45 and 0.45.

    Args:
        numbers: Uniform on 0..1, for speech and for style; incremental rows need one. [B, 2]
        mode: What the guidance of the trained model will be.
        guided: Conditions that are withheld at times: `audio`, `style`, both or none.

    Returns:
        1 in the rows that keep speech, 0 in the others; the same for style. [B], [B]

    Raises:
        InvalidRequest: If the mode or a condition is unknown.

    Source:
        DiffPoseTalk, arXiv:2310.00434, classifier-free guidance; the released code for the shares.
    """
    unknown = set(guided) - set(CONDITIONS)
    if unknown:
        raise InvalidRequest(f"guided condition {min(unknown)!r}; allowed: audio, style")
    if mode not in ("incremental", "independent"):
        raise InvalidRequest(f"guidance mode {mode!r}; allowed: incremental, independent")
    if len(set(guided)) == 2 and mode == "incremental":
        one = numbers[:, 0]
        return (one <= _AUDIO_KEPT).float(), (one <= _STYLE_KEPT).float()
    dropped = _DROPPED_OF_TWO if len(set(guided)) == 2 else _DROPPED_ALONE
    kept = (numbers > dropped).float()
    everywhere = torch.ones_like(kept[:, 0])
    return (
        kept[:, 0] if "audio" in guided else everywhere,
        kept[:, 1] if "style" in guided else everywhere,
    )


def draw_ends(num_rows: int, num_frames: int, probability: float) -> Tensor | None:
    """Where each row's clip ends within its window, or nowhere in any of them.

    Args:
        num_rows: B.
        num_frames: Frames of a window.
        probability: That this batch is cut, 0..1; one draw decides for all rows.

    Returns:
        Frames that are left of each row, 1..num_frames - 1, or None. [B]
    """
    if torch.rand(()).item() >= probability:
        return None
    return torch.randint(1, num_frames, (num_rows,))


def cut_off(values: Tensor, ends: Tensor, pad_mode: PadMode) -> Tensor:
    """Overwrite what comes after each row's end.

    Args:
        values: Frames or samples. [B, N, ...]
        ends: How many are kept, 1..N. [B]
        pad_mode: Overwrite with zeros, or with the last that is kept.

    Returns:
        The same shape. [B, N, ...]
    """
    rows = [slice(None), slice(None), *[None] * (values.ndim - 2)]
    is_kept = (torch.arange(values.shape[1], device=values.device) < ends[:, None])[tuple(rows)]
    if pad_mode == "replicate":
        last = values[torch.arange(len(values), device=values.device), ends - 1]
        return torch.where(is_kept, values, last[:, None])
    return torch.where(is_kept, values, torch.zeros_like(values))
