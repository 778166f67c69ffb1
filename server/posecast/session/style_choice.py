"""The style of one stream: named, blended or the caller's own, at the strength that was asked."""

from __future__ import annotations

import dataclasses

from posecast.conditioning.style import StyleBank
from posecast.conditioning.style_file import including_style_files
from posecast.config import AnimationOptions
from posecast.session.engine import AnimationEngine
from posecast.signals import Style


def adopt_style_files(engine: AnimationEngine, style: str) -> AnimationEngine:
    """Read the style files that a user of this machine names.

    A server never calls this: what its clients name must not open its files.

    Args:
        engine: The loaded model.
        style: A style as users write it, e.g. `actor.npz:0.7,cheerful:0.3`.

    Returns:
        An engine that knows those files by their paths; the same one if there are none.

    Raises:
        InvalidRequest: If a file is not there, or the blend cannot be read.
        CheckpointMismatch: If it holds no style, several, or one of another model.
    """
    styles = including_style_files(engine.styles, style, engine.config.denoiser.style_dim)
    return engine if styles is engine.styles else dataclasses.replace(engine, styles=styles)


def choose_style(
    styles: StyleBank, options: AnimationOptions, *, own: Style | None = None
) -> Style:
    """The style that a stream is animated in.

    Args:
        styles: What the model offers.
        options: Style and strength.
        own: Takes the place of the style named in the options; the strength applies to it too.

    Returns:
        A style that a session takes as it is.

    Raises:
        InvalidRequest: If there is no such style, or it does not fit the model.
    """
    style = styles.get(options.style) if own is None else own
    return styles.at_strength(style, options.style_strength)
