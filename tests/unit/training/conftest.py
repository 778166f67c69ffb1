"""A corpus without speech engines: buzzes and noises cut to made-up phones."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import numpy as np
import pytest

from posecast.training.phones import CLASS_INDEX, SILENCE, UNKNOWN, VOWELS, Segment
from posecast.training.tapes import TapeSampler
from posecast.training.utterance import Spoken, Utterance
from posecast.training.variation import measure_as_it_is

_PHONES = ("sil", "PBM", "A", "TDN", "IY", "SZ", "O", "FV", "EH", "KG", "UW", "sil")


def _speak(seed: int, engine: str, speaker: str, *, unknown: bool = False) -> Spoken:
    """Two seconds or so in which vowels buzz and consonants hiss."""
    rng = np.random.default_rng(seed)
    segments: list[Segment] = []
    pieces, now = [], 0.0
    for name in _PHONES:
        length = int(16_000 * rng.uniform(0.05, 0.2))
        phone = CLASS_INDEX[name]
        times = np.arange(length) / 16_000
        if phone in VOWELS:
            pieces.append(np.sign(np.sin(2 * np.pi * rng.uniform(90, 220) * times)))
        else:
            pieces.append(0.1 * rng.standard_normal(length))
        is_unknown = unknown and name == "EH"
        segments.append((UNKNOWN if is_unknown else phone, now, now + length / 16_000))
        now += length / 16_000
    return Spoken(
        samples=np.concatenate(pieces).astype(np.float32),
        sample_rate_hz=16_000,
        segments=segments,
        engine=engine,
        speaker=speaker,
    )


@pytest.fixture(scope="session")
def speak() -> Callable[..., Spoken]:
    """Says something, given a seed, an engine and a speaker."""
    return _speak


@pytest.fixture(scope="session")
def utterances() -> list[Utterance]:
    return [
        measure_as_it_is(
            _speak(10 * index + take, engine, speaker, unknown=engine == "librispeech")
        )
        for index, (engine, speaker) in enumerate(
            [("espeak", "en-us+f1"), ("espeak", "de+m3"), ("librispeech", "1034m")]
        )
        for take in range(2)
    ]


@pytest.fixture
def sampler(utterances) -> TapeSampler:
    return TapeSampler(utterances, np.random.default_rng(3))


@pytest.fixture(scope="session")
def bursts() -> Spoken:
    """A buzz that sets in three times after digital silence; the labels say when, to a sample."""
    samples = np.zeros(3 * 16_000, np.float32)
    segments: list[Segment] = []
    now_s = 0.0
    for start_s, end_s in ((0.4, 0.7), (1.1, 1.3), (1.9, 2.4)):
        first, last = round(16_000 * start_s), round(16_000 * end_s)
        times = np.arange(last - first) / 16_000
        buzz = sum(np.sin(2 * np.pi * 130 * k * times) / k for k in range(1, 50))
        samples[first:last] = 0.3 * np.asarray(buzz)
        segments += [(SILENCE, now_s, start_s), (CLASS_INDEX["A"], start_s, end_s)]
        now_s = end_s
    return Spoken(
        samples=samples,
        sample_rate_hz=16_000,
        segments=[*segments, (SILENCE, now_s, 3.0)],
        engine="flite",
        speaker="slt",
    )


@pytest.fixture(scope="session")
def find_onsets() -> Callable[[np.ndarray], np.ndarray]:
    """Finds the times, in seconds, at which audio at 16 kHz gets loud after 0.2 s of quiet."""

    def find(samples: np.ndarray) -> np.ndarray:
        level = np.sqrt(np.convolve(samples.astype(np.float64) ** 2, np.ones(80) / 80, "same"))
        loud = np.flatnonzero(level > 0.25 * np.percentile(level, 95))
        starts = np.concatenate([[True], np.diff(loud) > 0.2 * 16_000])
        return loud[starts] / 16_000

    return find


@pytest.fixture(scope="session")
def rubberband() -> None:
    """Skips where the program that changes voices is missing; the gate installs it."""
    if shutil.which("rubberband") is None:
        pytest.skip("rubberband is missing: apt-get install rubberband-cli")
