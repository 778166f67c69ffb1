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


def is_held_out(spoken: Spoken | Utterance) -> bool:
    """Whether a voice is kept for testing: the voices above, and every tenth real speaker."""
    if spoken.engine in _SYNTHETIC:
        return (spoken.engine, spoken.speaker) in HELD_OUT_VOICES
    # A checksum of the name: the same speakers whatever else the folder holds.
    digest = hashlib.sha256(spoken.speaker.encode()).digest()
    return int.from_bytes(digest, "big") % _ONE_IN == 0
