"""Which inputs a network file of the denoising stage must have, by its configuration."""

from __future__ import annotations

from collections.abc import Mapping

from posecast.config import DenoiserConfig
from posecast.errors import CheckpointMismatch

Sizes = tuple[int | str, ...]
"""Sizes of an input, outermost first; a name for one that is free."""


def condition_widths(config: DenoiserConfig) -> dict[str, tuple[int, ...]]:
    """Sizes that each input of conditions must end in; none for one of free sizes.

    Args:
        config: Sizes and conventions of the network.

    Returns:
        Sizes by the names of `window_padding.fit_window`, without motion and step.
    """
    widths: dict[str, tuple[int, ...]] = {
        "speech": (config.speech_dim,),
        "previous_motion": (config.previous_frames, config.motion_dim),
        "previous_speech": (config.previous_frames, config.speech_dim),
        "has_speech": (),
        "has_previous": (),
    }
    if config.style_dim:
        widths |= {"style": (config.style_dim,), "has_style": ()}
    if config.shape_dim:
        widths["shape"] = (config.shape_dim,)
    if config.uses_indicator:
        widths["indicator"] = ()
    return widths


def check_inputs(found: Mapping[str, Sizes], expected: Mapping[str, tuple[int, ...]]) -> None:
    """Compare a file's inputs with what its configuration needs.

    Args:
        found: Sizes of the file's inputs by name.
        expected: Sizes that they must end in, by name.

    Raises:
        CheckpointMismatch: If there are other inputs, or one of other sizes.
    """
    if found.keys() != expected.keys():
        raise CheckpointMismatch(
            f"the denoiser file has inputs {', '.join(sorted(found))}; "
            f"the configuration needs {', '.join(sorted(expected))}"
        )
    for name, tail in expected.items():
        if tail and found[name][-len(tail) :] != tail:
            raise CheckpointMismatch(
                f"the denoiser file's input {name} has shape {found[name]}; "
                f"the configuration needs it to end in {tail}"
            )
