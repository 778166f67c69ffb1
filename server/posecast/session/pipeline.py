"""One whole clip through all stages."""

from __future__ import annotations

from posecast.config import AnimationOptions
from posecast.session.engine import AnimationEngine
from posecast.session.streaming import StreamingSession
from posecast.session.style_choice import choose_style
from posecast.signals import FaceFrames, Style, Waveform, join_frames


def animate(
    engine: AnimationEngine,
    waveform: Waveform,
    options: AnimationOptions,
    style: Style | None = None,
) -> FaceFrames:
    """Animate a clip.

    The frames are those that a stream of the same clip gives.

    Args:
        engine: The loaded model.
        waveform: The clip.
        options: Style and its strength, seed, rate, mode, guidance.
        style: Takes the place of the style named in the options.

    Returns:
        Frames from index 0 that cover the clip.

    Raises:
        InvalidRequest: If an option or the clip is out of range.
    """
    chosen = choose_style(engine.styles, options, own=style)
    session = StreamingSession(
        engine, options, sample_rate_hz=waveform.sample_rate_hz, style=chosen
    )
    return join_frames([session.push(waveform.samples), session.finish()])
