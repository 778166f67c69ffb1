"""The style of one stream: named, blended or the caller's own, at the strength that was asked."""

from __future__ import annotations

from posecast.conditioning.style import StyleBank
from posecast.config import AnimationOptions
from posecast.signals import Style


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
