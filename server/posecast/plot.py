"""A picture of a take: the sound, the main curves and the head, on one time axis."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from posecast.errors import InvalidRequest, MissingDependency
from posecast.rig.arkit import CURVE_INDEX
from posecast.rig.head_pose import yaw_pitch_roll_deg_from_quaternion
from posecast.signals import FaceFrames, FloatArray, Waveform

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Label = tuple[float, float, str]
"""Start and end in seconds, and the phone that is spoken there."""

INK, GREY = "#222222", "#9a9a9a"
BLUE, ORANGE, GREEN, RED, PURPLE, BROWN = (
    "#3b6fb5", "#e08a1e", "#3a9d5d", "#c8433f", "#7d5ba6", "#8c6d4f",
)  # fmt: skip
COLUMNS_IN_WAVEFORM = 2_000
SUFFIXES = (".png", ".pdf", ".svg")
_INSTALL = "matplotlib is needed for pictures: pip install 'posecast[plot]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One line of a panel: the mean of some curves."""

    label: str
    curves: tuple[str, ...]
    colour: str


_LIPS = (
    _Line(label="mouthPucker", curves=("mouthPucker",), colour=PURPLE),
    _Line(label="mouthFunnel", curves=("mouthFunnel",), colour=GREEN),
    _Line(label="mouthRollLower", curves=("mouthRollLower",), colour=RED),
    _Line(label="mouthStretch", curves=("mouthStretchLeft", "mouthStretchRight"), colour=BROWN),
    _Line(label="mouthSmile", curves=("mouthSmileLeft", "mouthSmileRight"), colour=ORANGE),
)
_UPPER_FACE = (
    _Line(label="eyeBlink", curves=("eyeBlinkLeft", "eyeBlinkRight"), colour=INK),
    _Line(label="browInnerUp", curves=("browInnerUp",), colour=BLUE),
    _Line(label="browOuterUp", curves=("browOuterUpLeft", "browOuterUpRight"), colour=GREEN),
    _Line(label="browDown", curves=("browDownLeft", "browDownRight"), colour=RED),
)


def check_can_plot(path: Path) -> None:
    """Refuse before the work what drawing would refuse after it.

    Args:
        path: Picture to write.

    Raises:
        InvalidRequest: If the name has another suffix than a picture.
        MissingDependency: If matplotlib is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidRequest(
            f"{path}: unknown suffix {path.suffix!r}; allowed: {', '.join(SUFFIXES)}"
        )
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingDependency(_INSTALL)


def plot_take(
    waveform: Waveform,
    frames: FaceFrames,
    path: Path,
    *,
    title: str = "",
    labels: Sequence[Label] = (),
) -> None:
    """Draw a take into a picture file.

    Args:
        waveform: The speech that the take belongs to.
        frames: The take.
        path: File to write; its suffix is the format, e.g. `.png`.
        title: What to write above the picture.
        labels: Spoken phones, drawn as a strip under the waveform.

    Raises:
        InvalidRequest: If the format of the picture is unknown or the file cannot be written.
        MissingDependency: If matplotlib is not installed.
    """
    figure = _new_figure()
    sound, jaw, lips, upper_face, head = figure.axes
    _draw_waveform(sound, waveform, labels)
    _draw_jaw(jaw, frames)
    _draw_lines(lips, frames, _LIPS)
    _draw_lines(upper_face, frames, _UPPER_FACE)
    _draw_head(head, frames)
    end_s = max(waveform.duration_s, len(frames) / frames.frame_rate_hz)
    head.set_xlim(0, end_s)
    head.set_xlabel("time, s")
    figure.set_size_inches(float(np.clip(end_s * 1.2, 11, 40)), 10)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=12, color=INK)
    try:
        figure.savefig(path, dpi=110)
    except OSError as error:
        raise InvalidRequest(f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        raise InvalidRequest(f"{path}: {error}") from error


def _new_figure() -> Figure:
    """A figure of five stacked panels, drawn without a screen."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependency(_INSTALL) from error
    figure = Figure(figsize=(11, 10), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    panels = figure.subplots(5, 1, sharex=True, height_ratios=(1.0, 1.5, 1.3, 1.1, 1.1))
    for axes in panels:
        axes.grid(visible=True, color="#e6e6e6", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8, colors=INK)
    return figure


def _draw_waveform(axes: Axes, waveform: Waveform, labels: Sequence[Label]) -> None:
    """Extremes of the samples under each column of the picture."""
    low, high = _extremes(waveform.samples)
    times_s = (np.arange(len(low)) + 0.5) / len(low) * waveform.duration_s
    axes.fill_between(times_s, low, high, color=BLUE, linewidth=0.4)
    peak = max(float(np.abs(low).max()), float(np.abs(high).max()), 1e-3)
    axes.set_ylim(-1.5 * peak if labels else -1.1 * peak, 1.1 * peak)
    axes.set_ylabel("sound", fontsize=9)
    axes.set_yticks([])
    for start_s, end_s, phone in labels:
        axes.axvline(start_s, ymax=0.16, color=GREY, linewidth=0.5)
        axes.text(
            (start_s + end_s) / 2, -1.32 * peak, phone,
            ha="center", va="center", fontsize=6, color=INK, clip_on=True,
        )  # fmt: skip


def _extremes(samples: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Smallest and largest sample of each of at most `COLUMNS_IN_WAVEFORM` slices. [N], [N]"""
    starts = np.linspace(0, len(samples), COLUMNS_IN_WAVEFORM, endpoint=False).astype(np.int64)
    starts = np.unique(starts)
    return np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)


def _draw_jaw(axes: Axes, frames: FaceFrames) -> None:
    """Jaw and lip aperture; the moments of shut lips are marked."""
    times_s = frames.times_s
    jaw_open = frames.weights[:, CURVE_INDEX["jawOpen"]]
    mouth_close = frames.weights[:, CURVE_INDEX["mouthClose"]]
    aperture = jaw_open - mouth_close
    axes.fill_between(times_s, 0, aperture, color=BLUE, alpha=0.22, linewidth=0)
    axes.plot(times_s, aperture, color=BLUE, linewidth=1.6, label="aperture = jawOpen - mouthClose")
    axes.plot(times_s, jaw_open, color=INK, linewidth=1.0, label="jawOpen")
    axes.plot(times_s, mouth_close, color=RED, linewidth=1.0, label="mouthClose")
    axes.set_ylabel("jaw and lips", fontsize=9)
    axes.set_ylim(-0.02, max(0.3, float(jaw_open.max()) * 1.15))
    _add_legend(axes)


def _draw_lines(axes: Axes, frames: FaceFrames, lines: Sequence[_Line]) -> None:
    highest = 0.3
    for line in lines:
        columns = [CURVE_INDEX[name] for name in line.curves]
        values = frames.weights[:, columns].mean(axis=1)
        highest = max(highest, float(values.max()))
        axes.plot(frames.times_s, values, color=line.colour, linewidth=1.2, label=line.label)
    axes.set_ylabel("lip shape" if lines is _LIPS else "eyes and brows", fontsize=9)
    axes.set_ylim(-0.02, highest * 1.15)
    _add_legend(axes)


def _draw_head(axes: Axes, frames: FaceFrames) -> None:
    angles = yaw_pitch_roll_deg_from_quaternion(frames.head)
    names = ("yaw, + own left", "pitch, + up", "roll, + own right")
    for column, (name, colour) in enumerate(zip(names, (BLUE, ORANGE, GREEN), strict=True)):
        axes.plot(frames.times_s, angles[:, column], color=colour, linewidth=1.2, label=name)
    axes.axhline(0, color=GREY, linewidth=0.6)
    axes.set_ylabel("head, degrees", fontsize=9)
    reach = max(5.0, float(np.abs(angles).max()) * 1.15)
    axes.set_ylim(-reach, reach)
    _add_legend(axes)


def _add_legend(axes: Axes) -> None:
    axes.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.1,
        ncols=5, fontsize=8, frameon=False, handlelength=1.4, columnspacing=1.4,
    )  # fmt: skip
