"""Tensors of a published checkpoint that follow from its settings: read, checked and left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import numpy as np
import torch
from torch import Tensor

from posecast.config import DenoiserConfig
from posecast.denoising.noise_schedule import NoiseSchedule, ScheduleMode, build_schedule
from posecast.errors import CheckpointMismatch
from posecast.nn import sinusoid_table
from posecast.official.arguments import DenoiserArguments
from posecast.official.state import shape_of
from posecast.signals import FloatArray

ALIGNMENT_MASK = "denoising_net.alignment_mask"
_STEP_TABLE = "denoising_net.TE.pe"
_POSITION_TABLE = "denoising_net.PE.pe"
_SCHEDULE = "diffusion_sched."
_BETAS = f"{_SCHEDULE}betas"

_RELATIVE = 1e-4
_ROUNDING = 2 * 2.0**-23
"""Betas and 1 - alpha_bar are differences of float32 numbers near 1, on whose last bit math
libraries do not agree: for the first steps that is more than `_RELATIVE`."""
_SINUSOID_TOLERANCE = 1e-4  # float32 resolves 3e-5 rad in angles up to 600 rad


def read_num_steps(state: Mapping[str, Tensor], said: int | None) -> int:
    """Diffusion steps, from the schedule or the table of steps, which have a row for step 0 too.

    Raises:
        CheckpointMismatch: If neither is there, nor an argument.
    """
    if _BETAS in state:
        return shape_of(state, _BETAS, 1)[0] - 1
    if _STEP_TABLE in state:
        return shape_of(state, _STEP_TABLE, 3)[1] - 1
    if said is None:
        raise CheckpointMismatch("its arguments lack n_diff_steps, which no tensor shows")
    return said


def read_schedule(state: Mapping[str, Tensor], said: DenoiserArguments) -> ScheduleMode:
    """The noise schedule that the arguments name, or else the one that the betas show.

    Raises:
        CheckpointMismatch: If there is none.
    """
    if said.diff_schedule is not None:
        return said.diff_schedule
    num_steps = read_num_steps(state, said.n_diff_steps)
    for mode in get_args(ScheduleMode):
        if _BETAS in state and _is_near("betas", state[_BETAS], build_schedule(mode, num_steps)):
            return mode
    raise CheckpointMismatch("its arguments lack diff_schedule, and its betas are of none we know")


def read_alignment_width(state: Mapping[str, Tensor], said: int | None) -> int:
    """Reach of a frame's cross-attention, from the mask; 0 without one.

    Returns:
        The width; whether the whole mask is the one of that width, `without_buffers` checks.
    """
    if ALIGNMENT_MASK not in state:
        return max(said or 0, 0)
    shape_of(state, ALIGNMENT_MASK, 2)
    first_frame = ~state[ALIGNMENT_MASK].bool()[1:2]  # the row after the person's
    return int(first_frame.sum())


def without_buffers(state: Mapping[str, Tensor], config: DenoiserConfig) -> dict[str, Tensor]:
    """Leave out what we compute ourselves, after a comparison with what we compute.

    A buffer may be missing: it says nothing that the settings do not.

    Args:
        state: All tensors of a denoiser's checkpoint.
        config: Its sizes.

    Returns:
        The others.

    Raises:
        CheckpointMismatch: If a buffer differs from ours.
    """
    expected = _sinusoids(state, config)
    if config.alignment_width:
        expected[ALIGNMENT_MASK] = alignment_mask(config)
    for name, values in expected.items():
        if name in state and not _is_table(state[name], values):
            raise CheckpointMismatch(f"{name} differs from the one of its settings")
    schedule = build_schedule(config.schedule, config.num_steps)
    names = {f"{_SCHEDULE}{name}": name for name in NoiseSchedule.__dataclass_fields__}
    for name, field in names.items():
        if name in state and not _is_near(field, state[name], schedule):
            raise CheckpointMismatch(
                f"{name} differs from the {config.schedule} schedule of {config.num_steps} steps"
            )
    return {
        name: value for name, value in state.items() if name not in expected and name not in names
    }


def _sinusoids(state: Mapping[str, Tensor], config: DenoiserConfig) -> dict[str, Tensor]:
    tables = {_STEP_TABLE: sinusoid_table(config.num_steps + 1, config.width)[None]}
    if not config.learned_positions and _POSITION_TABLE in state:
        num_rows = shape_of(state, _POSITION_TABLE, 3)[1]
        tables[_POSITION_TABLE] = sinusoid_table(num_rows, config.width)[None]
    return tables


def alignment_mask(config: DenoiserConfig) -> Tensor:
    """True where a token may not look; the person's token may look everywhere. [1 + M, M]"""
    frame = torch.arange(config.previous_frames + config.window_frames)
    far = (frame[:, None] - frame[None, :]).abs() >= config.alignment_width
    return torch.cat([torch.zeros_like(far[:1]), far])


def _is_table(found: Tensor, expected: Tensor) -> bool:
    return found.shape == expected.shape and torch.allclose(
        found.float(), expected.float(), rtol=0.0, atol=_SINUSOID_TOLERANCE
    )


def _is_near(field: str, found: Tensor, schedule: NoiseSchedule) -> bool:
    """Whether an array of the schedule is ours; the sigmas by their squares, which are betas."""
    power = 2 if field.startswith("sigmas") else 1
    ours: FloatArray = getattr(schedule, field)
    theirs = found.float().numpy()
    return theirs.shape == ours.shape and np.allclose(
        theirs**power, ours**power, rtol=_RELATIVE, atol=_ROUNDING
    )
