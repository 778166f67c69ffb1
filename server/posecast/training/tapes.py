"""Endless tape of labelled speech: crops in which one speaker's utterances follow one another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from posecast.config import FRAME_RATE_HZ
from posecast.signals import BoolArray, FloatArray
from posecast.training.accents import accent_track, find_accents
from posecast.training.articulation import (
    TRACK_RATE_HZ,
    articulate,
    phone_labels,
    tracks_at_frame_rate,
)
from posecast.training.phones import CHANNELS, SILENCE, UNKNOWN
from posecast.training.utterance import NUM_MEL_BANDS, Utterance

ENGINE_SHARE: Mapping[str, float] = {
    "espeak": 0.10,
    "flite": 0.10,
    "festival": 0.17,
    "speechocean762": 0.26,
    "librispeech": 0.27,
    "speech_commands": 0.06,
    "non-speech": 0.04,
}
"""Share of each engine in what is drawn; the shares of engines that a corpus lacks are dropped."""
SILENT_MEL = float(np.log(1e-7))
HOPS_PER_FRAME = TRACK_RATE_HZ // FRAME_RATE_HZ  # 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A stretch of tape."""

    mel: FloatArray
    """Log-mel spectrum. [4 T, 80]"""
    tracks: FloatArray
    """Articulation at 100 hops a second. [4 T, 9]"""
    labels: np.ndarray
    """Phone class of each hop, -1 where unknown. [4 T], int64"""
    accents: FloatArray
    """Time from the start of the crop and prominence of each vowel; may lie outside it. [N, 2]"""

    @property
    def num_frames(self) -> int:
        """Length at 25 frames a second."""
        return len(self.mel) // HOPS_PER_FRAME

    def frame_tracks(self) -> FloatArray:
        """Articulation at 25 frames a second. [T, 9]"""
        return tracks_at_frame_rate(self.tracks)

    def accent_track(self) -> FloatArray:
        """Accents at 25 frames a second. [T]"""
        return accent_track(self.accents, self.num_frames, FRAME_RATE_HZ)

    def trusted_frames(self) -> BoolArray:
        """Whether no unknown phone lies within 60 ms of the frame. [T]"""
        unknown = np.concatenate([np.zeros(6, bool), self.labels == UNKNOWN, np.zeros(5, bool)])
        near = np.lib.stride_tricks.sliding_window_view(unknown, 12)[::HOPS_PER_FRAME]
        return np.logical_not(near.any(axis=1))[: self.num_frames]


@dataclass(frozen=True, slots=True)
class _Labelled:
    mel: np.ndarray
    tracks: np.ndarray
    labels: np.ndarray
    accents: FloatArray


class _Part:
    """An utterance that is labelled when it is first drawn: a corpus is large, a training short."""

    def __init__(self, utterance: Utterance) -> None:
        self._utterance = utterance
        self._labelled: _Labelled | None = None

    def labelled(self) -> _Labelled:
        if self._labelled is None:
            self._labelled = _label(self._utterance)
        return self._labelled


def _label(utterance: Utterance) -> _Labelled:
    known = utterance.segments[utterance.segments[:, 0] != UNKNOWN]
    if not len(known):
        known = np.array([[SILENCE, 0.0, 0.01]], np.float32)
    return _Labelled(
        mel=utterance.mel,
        tracks=articulate(known, len(utterance.mel)).astype(np.float16),
        labels=phone_labels(utterance.segments, len(utterance.mel)).astype(np.int8),
        accents=find_accents(utterance),
    )


class TapeSampler:
    """Draws crops: the engine by its share, the speaker evenly, the utterances at random."""

    def __init__(self, utterances: list[Utterance], rng: np.random.Generator) -> None:
        """Label a corpus.

        Args:
            utterances: From `corpus.load_corpus`.
            rng: Where every choice comes from.
        """
        self.rng = rng
        voices: dict[str, dict[str, list[_Part]]] = defaultdict(lambda: defaultdict(list))
        for utterance in utterances:
            voices[utterance.engine][utterance.speaker].append(_Part(utterance))
        self._engines = sorted(voices)
        self._voices = {engine: list(speakers.values()) for engine, speakers in voices.items()}
        shares = np.array([ENGINE_SHARE.get(engine, 0.1) for engine in self._engines])
        self._shares = shares / shares.sum()

    def draw(self, num_hops: int, *, lead_in: bool = True) -> Crop:
        """A crop of exactly `num_hops` hops, a multiple of four.

        Args:
            num_hops: Length in hops of 10 ms.
            lead_in: Whether the crop may start with a pause.
        """
        rng = self.rng
        engine = self._engines[rng.choice(len(self._engines), p=self._shares)]
        voices = self._voices[engine]
        spoken = voices[rng.integers(len(voices))]

        def draw_part() -> _Labelled:
            return spoken[rng.integers(len(spoken))].labelled()

        parts: list[_Labelled] = []
        if lead_in and rng.random() < 0.3:
            parts.append(_pause(int(rng.integers(10, 120))))
        first = draw_part()
        parts.append(_from(first, int(rng.integers(0, max(1, len(first.mel) - num_hops // 2)))))
        while sum(len(part.mel) for part in parts) < num_hops:
            longest = 90 if rng.random() < 0.85 else 280
            parts.append(_pause(int(rng.integers(5, longest))))
            parts.append(draw_part())
        return _join(parts, num_hops)


def _pause(num_hops: int) -> _Labelled:
    return _Labelled(
        mel=np.full((num_hops, NUM_MEL_BANDS), SILENT_MEL, np.float16),
        tracks=np.zeros((num_hops, len(CHANNELS)), np.float16),
        labels=np.full(num_hops, SILENCE, np.int8),
        accents=np.zeros((0, 2), np.float32),
    )


def _from(part: _Labelled, start: int) -> _Labelled:
    accents = part.accents - np.array([start / TRACK_RATE_HZ, 0.0], np.float32)
    return _Labelled(
        mel=part.mel[start:],
        tracks=part.tracks[start:],
        labels=part.labels[start:],
        accents=accents[accents[:, 0] >= 0],  # others would sound from the pause before
    )


def _join(parts: list[_Labelled], num_hops: int) -> Crop:
    starts = np.cumsum([0] + [len(part.mel) for part in parts[:-1]]) / TRACK_RATE_HZ
    accents = [
        part.accents + np.array([start, 0.0], np.float32)
        for part, start in zip(parts, starts, strict=True)
    ]
    return Crop(
        mel=np.concatenate([part.mel for part in parts])[:num_hops].astype(np.float32),
        tracks=np.concatenate([part.tracks for part in parts])[:num_hops].astype(np.float32),
        labels=np.concatenate([part.labels for part in parts])[:num_hops].astype(np.int64),
        accents=np.concatenate(accents),
    )
