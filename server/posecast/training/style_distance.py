"""Finds the distance that tells which styles are alike, by how styles are read off faces."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from posecast import checkpoints
from posecast.conditioning.style import load_styles, save_styles
from posecast.conditioning.style_distance import NUM_LIFE, StyleDistance, style_numbers
from posecast.conditioning.style_gestures import GestureReadout
from posecast.config import AnimationOptions
from posecast.errors import InvalidRequest
from posecast.signals import FloatArray, Style
from posecast.training.strung_speech import training_speech
from posecast.training.style_check import Judge, open_judge
from posecast.training.styles import draw_style
from posecast.training.utterance import Utterance

TAKE_HOPS = 2000  # 20 s
NUM_STYLES = 400
_NUM_WAVEFORMS = 60
_SEED = 12  # not that of the judgement: other styles, and other clips that show them
_MOST_DIRECTIONS = 32
_LEAST_SIGNAL = 2.0
"""Variance between styles over that within one, from which on a direction is kept."""
_WITHIN_SHRINKAGE, _ERROR_SHRINKAGE = 0.05, 0.1
"""Share of a plain estimate (equal variances; no covariances) in an estimated covariance."""
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Styles that were asked for and what was read off their faces."""

    takes: FloatArray
    """Vectors of two clips of each style, made by rule. [N, 2, style_dim]"""
    asked: Matrix
    """Numbers of the styles, `style_numbers`. [N, style_dim + 4]"""
    found: Matrix
    """Numbers of the styles that were read off generated faces. [N, style_dim + 4]"""


def open_reader(folder: Path, speech: list[Utterance], recordings_folder: Path | None) -> Judge:
    """Load a package with speech that its training hears, in balanced mode.

    Args:
        folder: The package.
        speech: Labelled speech, for the clips that show a style to the encoder.
        recordings_folder: Real speech for the faces; None for espeak-ng.

    Raises:
        InvalidRequest: If the folder holds no recordings.
        ModelUnavailable: If there is no such package.
    """
    waveforms = training_speech(recordings_folder, _NUM_WAVEFORMS)
    return open_judge(folder, speech, waveforms, AnimationOptions(mode="balanced"), _SEED)


def read_styles_back(judge: Judge, count: int = NUM_STYLES) -> ReadBack:
    """Ask for random styles and read them off the faces.

    Args:
        judge: The model, with speech of voices that its training hears.
        count: Styles.
    """
    takes, asked, found = [], [], []
    for index in tqdm(range(count), desc="styles"):
        parameters = draw_style(judge.sampler.rng)
        takes.append([judge.read_clip(parameters, TAKE_HOPS) for _ in range(2)])
        style = judge.encode(parameters)
        asked.append(style_numbers(style))
        found.append(style_numbers(judge.read_back(style, index)))
    return ReadBack(np.array(takes), np.array(asked), np.array(found))


def fit_distance(read: ReadBack) -> StyleDistance:
    """The distance under which errors of reading are alike in all directions.

    First the vector is brought to the directions in which clips of different styles differ most
    beside clips of one style; then these and what eyes and head do are divided by the errors with
    which they come back from a generated face.

    Args:
        read: More styles than directions.

    Raises:
        InvalidRequest: If there are too few styles.

    Source:
        Fisher's linear discriminants (1936) and Mahalanobis' distance (1936).
    """
    if len(read.asked) <= _MOST_DIRECTIONS:
        raise InvalidRequest(f"{len(read.asked)} styles; allowed: more than {_MOST_DIRECTIONS}")
    discriminants = _discriminants(read.takes.astype(np.float64))
    width, kept = discriminants.shape
    narrowed = np.zeros((width + NUM_LIFE, kept + NUM_LIFE))
    narrowed[:width, :kept] = discriminants
    narrowed[width:, kept:] = np.eye(NUM_LIFE)
    errors = (read.found - read.asked) @ narrowed
    # Not centred: what always comes back smaller than it was asked is an error, too.
    scatter = errors.T @ errors / len(errors)
    plain = np.diag(np.diag(scatter))
    scatter = (1 - _ERROR_SHRINKAGE) * scatter + _ERROR_SHRINKAGE * plain
    return StyleDistance((narrowed @ _whitening(scatter)).astype(np.float32))


def _discriminants(takes: Matrix) -> Matrix:
    """Directions of the vector with most between styles, unit variance within. [style_dim, K]"""
    apart = (takes[:, 0] - takes[:, 1]) / np.sqrt(2)
    within = apart.T @ apart / len(apart)
    level = np.trace(within) / len(within)
    within = within + _WITHIN_SHRINKAGE * level * np.eye(len(within))
    whitening = _whitening(within)
    between = np.cov(takes.mean(axis=1) @ whitening, rowvar=False)
    signal, directions = np.linalg.eigh(between)
    best = np.argsort(-signal)[:_MOST_DIRECTIONS]
    kept = best[: max(1, int((signal[best] >= _LEAST_SIGNAL).sum()))]
    return whitening @ directions[:, kept]


def _whitening(covariance: Matrix) -> Matrix:
    """Linear map that gives numbers of this covariance unit variance and none in common."""
    variances, axes = np.linalg.eigh(covariance)
    # A number that never errs, in a model that never moves it, must not count without bound.
    return axes / np.sqrt(np.maximum(variances, 1e-6 * variances.max() + 1e-12))


def write_readings(
    folder: Path,
    *,
    distance: StyleDistance | None = None,
    gestures: GestureReadout | None = None,
) -> None:
    """Put into a model package how its styles are read, in the place of what it may have.

    Args:
        folder: The package.
        distance: Of that model; None leaves what it has.
        gestures: Of its style encoder; None leaves what it has.

    Raises:
        ModelUnavailable: If there is no such package.
        CheckpointMismatch: If a file of it is missing or damaged.
    """
    package = checkpoints.load_package(folder)
    path = package.path(checkpoints.STYLES_FILE)
    bank = load_styles(path, package.config.denoiser.style_dim)
    styles: dict[str, Style] = {name: bank.get(name) for name in bank.names}
    save_styles(
        path,
        styles,
        {name: bank.describe(name) for name in styles},
        distance or bank.distance,
        gestures or bank.gestures,
    )
    text = (folder / checkpoints.DESCRIPTION_FILE).read_text(encoding="utf-8")
    checkpoints.write_description(
        folder,
        package.config,
        package.motion_mean,
        package.motion_std,
        json.loads(text).get("made_by", {}),
    )
