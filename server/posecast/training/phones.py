"""Twenty-seven phone classes, their mouth targets, and the alphabets that map onto them."""

from __future__ import annotations

from collections.abc import Mapping

CHANNELS = (
    "jaw",
    "close",
    "round",
    "funnel",
    "spread",
    "lower",
    "upper",
    "labiodental",
    "tongue",
)
"""Articulatory channels, each 0..1."""
CHANNEL_INDEX = {name: index for index, name in enumerate(CHANNELS)}

TARGETS: Mapping[str, Mapping[str, float]] = {
    "sil": {"jaw": 0.0},
    "PBM": {"jaw": 0.12, "close": 1.0},
    "FV": {"jaw": 0.10, "labiodental": 1.0, "upper": 0.25},
    "TH": {"jaw": 0.14, "tongue": 0.6, "lower": 0.25},
    "TDN": {"jaw": 0.15, "lower": 0.25},
    "L": {"jaw": 0.20, "tongue": 0.25, "lower": 0.2},
    "SZ": {"jaw": 0.09, "spread": 0.3, "lower": 0.75, "upper": 0.3},
    "SH": {"jaw": 0.1, "funnel": 0.7, "round": 0.25, "lower": 0.45, "upper": 0.5},
    "R": {"jaw": 0.15, "round": 0.45, "funnel": 0.35},
    "RR": {"jaw": 0.17, "lower": 0.15},
    "W": {"jaw": 0.1, "round": 0.95},
    "J": {"jaw": 0.15, "spread": 0.5, "lower": 0.2},
    "KG": {"jaw": 0.18},
    "H": {"jaw": 0.25},
    "A": {"jaw": 0.60, "lower": 0.3, "upper": 0.1},
    "AE": {"jaw": 0.52, "spread": 0.35, "lower": 0.45, "upper": 0.15},
    "AH": {"jaw": 0.38, "lower": 0.2},
    "AX": {"jaw": 0.24, "lower": 0.15},
    "AO": {"jaw": 0.44, "round": 0.5, "funnel": 0.4},
    "EH": {"jaw": 0.36, "spread": 0.35, "lower": 0.3},
    "ER": {"jaw": 0.26, "round": 0.35, "funnel": 0.35},
    "IH": {"jaw": 0.21, "spread": 0.4, "lower": 0.25},
    "IY": {"jaw": 0.16, "spread": 0.8, "lower": 0.35, "upper": 0.1},
    "O": {"jaw": 0.30, "round": 0.75, "funnel": 0.25},
    "UH": {"jaw": 0.20, "round": 0.5, "funnel": 0.1},
    "UW": {"jaw": 0.16, "round": 0.95},
    "Y": {"jaw": 0.14, "round": 0.85, "funnel": 0.2},
}
"""Mouth target of each class; channels that are not named are left to the neighbours."""

CLASSES = tuple(TARGETS)
CLASS_INDEX = {name: index for index, name in enumerate(CLASSES)}
NUM_CLASSES = len(CLASSES)  # 27
SILENCE = CLASS_INDEX["sil"]
UNKNOWN = -1
"""Class of a segment whose label is not to be trusted."""
VOWELS = frozenset(
    CLASS_INDEX[name]
    for name in ("A", "AE", "AH", "AX", "AO", "EH", "ER", "IH", "IY", "O", "UH", "UW", "Y")
)

ARPABET: Mapping[str, tuple[str, ...]] = {
    phone: tuple(classes.split())
    for phone, classes in {
        "aa": "A", "ae": "AE", "ah": "AH", "ao": "AO", "aw": "A UH", "ax": "AX", "axr": "ER",
        "ay": "A IH", "b": "PBM", "ch": "TDN SH", "d": "TDN", "dh": "TH", "dx": "TDN", "eh": "EH",
        "er": "ER", "ey": "EH IY", "f": "FV", "g": "KG", "hh": "H", "hv": "H", "ih": "IH",
        "iy": "IY", "jh": "TDN SH", "k": "KG", "l": "L", "el": "L", "m": "PBM", "em": "PBM",
        "n": "TDN", "en": "TDN", "ng": "KG", "nx": "TDN", "ow": "O UW", "oy": "AO IH", "p": "PBM",
        "r": "R", "s": "SZ", "sh": "SH", "t": "TDN", "th": "TH", "uh": "UH", "uw": "UW", "v": "FV",
        "w": "W", "y": "J", "z": "SZ", "zh": "SH", "pau": "sil", "sil": "sil", "#": "sil",
        "h#": "sil", "brth": "sil",
    }.items()
}  # fmt: skip
"""ARPAbet as English flite, festival and the aligned recordings use it."""

FESTIVAL: Mapping[str, tuple[str, ...]] = {
    phone: tuple(classes.split())
    for phone, classes in {
        "a": "A", "e": "EH", "E": "EH", "i": "IY", "o": "O", "O": "AO", "u": "UW", "y": "Y",
        "@": "AX", "@@": "AE", "2": "Y", "ts": "TDN SZ", "dz": "TDN SZ", "tS": "TDN SH",
        "dZ": "TDN SH", "ch": "TDN SH", "c": "TDN SH", "S": "SH", "Z": "SH", "L": "L", "J": "J",
        "N": "KG", "j": "J", "x": "KG", "rr": "RR", "r": "RR", "h": "H", "q": "KG", "B": "W",
        "D": "TH", "G": "KG", "_": "sil", "#": "sil",
    }.items()
}  # fmt: skip
"""Phones of festival's Italian, Finnish, Czech, Catalan and Russian voices that ARPAbet lacks."""

_IPA_GROUPS = {
    "PBM": "pbmɓ", "FV": "fvɱⱱʋ", "W": "ɸβwʍɥ", "TH": "θð", "TDN": "tdnɾʈɖɳʔ", "L": "lɭɫʎɬ",
    "SZ": "sz", "SH": "ʃʒɕʑʂʐ", "R": "ɹɻ", "RR": "rʀʁɽ", "J": "jʝɲ", "KG": "kɡgŋxɣcɟqχçɢ",
    "H": "hɦħʕ", "A": "aɑ", "AE": "æ", "AH": "ʌɐɤ", "AX": "ə", "ER": "ɜɘɵɚɝ", "AO": "ɔɒ",
    "EH": "eɛ", "IH": "ɪɨᵻ", "IY": "i", "O": "o", "UH": "ʊ", "UW": "uɯʉ", "Y": "yøœʏɶ",
}  # fmt: skip
IPA = {symbol: name for name, symbols in _IPA_GROUPS.items() for symbol in symbols}
"""IPA letter to class; diacritics are skipped."""


def classes_of_ipa(phone: str) -> tuple[str, ...]:
    """Classes of an IPA string, letter by letter; empty for a pause."""
    return tuple(IPA[symbol] for symbol in phone if symbol in IPA)


def classes_of_festival(phone: str) -> tuple[str, ...]:
    """Classes of a phone of one of festival's voices; a schwa where the phone is not known."""
    plain = phone.rstrip(":1~")
    candidates = (
        FESTIVAL.get(phone),
        FESTIVAL.get(plain),
        ARPABET.get(phone.lower()),
        ARPABET.get(phone.lower()[:1]),
    )
    return next((classes for classes in candidates if classes), ("AX",))


Segment = tuple[int, float, float]
"""Class, start and end in seconds."""


def split_evenly(classes: tuple[str, ...], start_s: float, end_s: float) -> list[Segment]:
    """Segments of a phone whose parts (of a diphthong, of an affricate) last equally long."""
    part_s = (end_s - start_s) / max(1, len(classes))
    return [
        (CLASS_INDEX[name], start_s + part_s * i, start_s + part_s * (i + 1))
        for i, name in enumerate(classes)
    ]
