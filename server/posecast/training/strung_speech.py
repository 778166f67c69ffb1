"""Speech of some 20 s a piece, for faces that are made to be measured."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from posecast.audio.clip import read_clip
from posecast.audio.resampler import Resampler
from posecast.config import SAMPLE_RATE_HZ
from posecast.errors import InvalidRequest
from posecast.signals import FloatArray, Waveform
from posecast.training.engines import espeak, recordings
from posecast.training.held_out import is_held_out

STRUNG_S = 20.0
_LONGEST_S = 900.0
_SUFFIXES = (".wav", ".flac", ".ogg")
_SEED = 4243


def read_strung(folder: Path) -> list[Waveform]:
    """The clips of a folder strung together.

    Raises:
        InvalidRequest: If they are shorter than 20 s.
    """
    paths = [path for path in sorted(folder.iterdir()) if path.suffix in _SUFFIXES]
    clips = (read_clip(path, max_duration_s=_LONGEST_S) for path in paths)
    strung = list(string_together(clips))
    if not strung:
        raise InvalidRequest(f"{folder}: less than {STRUNG_S:g} s of WAV, FLAC or Ogg files")
    return strung


def training_speech(recordings_folder: Path | None, count: int) -> list[Waveform]:
    """Speech of voices that a training hears.

    Args:
        recordings_folder: Real speech with `train.tsv` and `phones/`; None for espeak-ng.
        count: Pieces, of which there may be fewer.

    Raises:
        InvalidRequest: If the folder holds no recordings, or less than 20 s of sentences.
        MissingDependency: If espeak-ng is asked for and not installed.
    """
    if recordings_folder is None:
        spoken = espeak.utterances(_SEED)
    else:
        spoken = recordings.utterances(recordings_folder)
    # One word has no range to be measured by.
    heard = (s for s in spoken if not (is_held_out(s) or s.engine == "speech_commands"))
    clips = (Waveform(samples=s.samples, sample_rate_hz=s.sample_rate_hz) for s in heard)
    strung = list(itertools.islice(string_together(clips), count))
    if not strung:
        raise InvalidRequest(f"{recordings_folder}: less than {STRUNG_S:g} s of sentences")
    return strung


def string_together(clips: Iterable[Waveform]) -> Iterator[Waveform]:
    """Clips one after another with pauses, cut where 20 s are reached; a shorter rest is lost."""
    pause = np.zeros(SAMPLE_RATE_HZ // 3, np.float32)
    pending: list[FloatArray] = []
    for clip in clips:
        resampler = Resampler(clip.sample_rate_hz)
        pending += [resampler.push(clip.samples), resampler.finish(), pause]
        if sum(map(len, pending)) >= STRUNG_S * SAMPLE_RATE_HZ:
            yield Waveform(samples=np.concatenate(pending), sample_rate_hz=SAMPLE_RATE_HZ)
            pending = []
