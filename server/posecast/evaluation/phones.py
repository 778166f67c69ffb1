"""What each ARPAbet phone asks of the lips, as far as the metrics need it."""

from __future__ import annotations

from collections.abc import Mapping

SILENCE = "SIL"
UNKNOWN = "?"
"""Label of a stretch whose phone is not to be trusted: no metric looks there."""

BILABIALS = frozenset({"P", "B", "M"})
LABIODENTALS = frozenset({"F", "V"})
ROUNDED = frozenset({"UW", "W", "OW", "OY"})
SPREAD = frozenset({"IY", "IH", "EY", "EH", "S", "Z"})

VOWEL_OPENNESS: Mapping[str, int] = {
    "IY": 1, "UW": 1,
    "IH": 2, "UH": 2,
    "EY": 3, "OW": 3, "ER": 3,
    "EH": 4, "AO": 4, "OY": 4,
    "AE": 5, "AA": 5, "AY": 5, "AW": 5,
}  # fmt: skip
"""Rank of a vowel from high (closed) to low (open); a diphthong by its longer, first part.

AH has no rank: without its stress it may be the open vowel of "cut" or a schwa."""

VOWELS = frozenset(VOWEL_OPENNESS) | {"AH"}
CONSONANTS = (
    BILABIALS
    | LABIODENTALS
    | {"W", "DH", "TH", "T", "D", "S", "Z", "SH", "ZH", "CH", "JH"}
    | {"K", "G", "NG", "N", "L", "R", "Y", "HH"}
)
PHONES = VOWELS | CONSONANTS
LABELS = PHONES | {SILENCE, UNKNOWN}

REFERENCE_OPENNESS: Mapping[str, float] = {
    SILENCE: 0.0,
    **dict.fromkeys(BILABIALS, 0.0),
    **dict.fromkeys(LABIODENTALS, 0.1),
    **dict.fromkeys(("W", "S", "Z", "SH", "ZH", "CH", "JH"), 0.15),
    **dict.fromkeys(("T", "D", "N", "DH", "TH", "R", "Y"), 0.25),
    **dict.fromkeys(("L", "K", "G", "NG", "HH"), 0.35),
    **{vowel: 0.1 + 0.18 * rank for vowel, rank in VOWEL_OPENNESS.items()},
    "AH": 0.6,
}
"""How far the lips are apart in a phone, 0..1, roughly: the clock of the lag metric."""
