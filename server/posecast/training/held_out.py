"""Which voices and speakers are kept out of training, to choose models by."""

from __future__ import annotations

import hashlib

from posecast.training.utterance import Spoken, Utterance

HELD_OUT_VOICES = frozenset({
    ("flite", "awb"),
    ("festival", "ked_diphone"),
    ("festival", "msu_ru_nsh_clunits"),  # a whole engine: the only unit selection there is
})  # fmt: skip
_SYNTHETIC = frozenset({"espeak", "flite", "festival", "non-speech"})
_ONE_IN = 10
NUM_FOLDS = 2
"""Parts of the training voices. The denoiser must learn from features like those of voices that the
speech encoder does not know, so an encoder that knows the other part makes them."""


def is_held_out(spoken: Spoken | Utterance) -> bool:
    """Whether a voice is kept for testing: the voices above, and every tenth real speaker."""
    if spoken.engine in _SYNTHETIC:
        return (spoken.engine, spoken.speaker) in HELD_OUT_VOICES
    return _checksum(spoken.speaker) % _ONE_IN == 0


def fold_of(utterance: Utterance) -> int:
    """Which of `NUM_FOLDS` parts of the training voices an utterance belongs to."""
    return _checksum(f"{utterance.engine}/{utterance.speaker}") % NUM_FOLDS


def _checksum(name: str) -> int:
    """The same number for a name whatever else the corpus holds."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest(), "big")
