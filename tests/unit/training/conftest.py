"""A corpus without speech engines: buzzes and noises cut to made-up phones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from posecast.training.phones import CLASS_INDEX, UNKNOWN, VOWELS
from posecast.training.tapes import TapeSampler
from posecast.training.utterance import Utterance, make_utterance

_PHONES = ("sil", "PBM", "A", "TDN", "IY", "SZ", "O", "FV", "EH", "KG", "UW", "sil")


def _synthesise(seed: int, engine: str, speaker: str, *, unknown: bool = False) -> Utterance:
    """Two seconds or so in which vowels buzz and consonants hiss."""
    rng = np.random.default_rng(seed)
    segments, pieces, now = [], [], 0.0
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
    samples = np.concatenate(pieces).astype(np.float32)
    return make_utterance(samples, 16_000, segments, engine=engine, speaker=speaker)


@pytest.fixture(scope="session")
def synthesise() -> Callable[[int, str, str], Utterance]:
    """Makes an utterance of a seed, an engine and a speaker."""
    return _synthesise


@pytest.fixture(scope="session")
def utterances() -> list[Utterance]:
    return [
        _synthesise(10 * index + take, engine, speaker, unknown=engine == "librispeech")
        for index, (engine, speaker) in enumerate(
            [("espeak", "en-us+f1"), ("espeak", "de+m3"), ("librispeech", "1034m")]
        )
        for take in range(2)
    ]


@pytest.fixture
def sampler(utterances) -> TapeSampler:
    return TapeSampler(utterances, np.random.default_rng(3))
