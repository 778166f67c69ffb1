"""Alphabets to classes: no phone of the corpus falls through."""

# ruff: noqa: RUF001 - the phonetic alphabet looks like Latin letters

import pytest

from posecast.training.phones import (
    ARPABET,
    CHANNELS,
    CLASS_INDEX,
    CLASSES,
    FESTIVAL,
    IPA,
    NUM_CLASSES,
    SILENCE,
    TARGETS,
    VOWELS,
    classes_of_festival,
    classes_of_ipa,
    split_evenly,
)

ALIGNED_PHONES = (
    "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH",
    "IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "SIL", "T",
    "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH",
)  # fmt: skip
"""Every phone of the aligned recordings but `?`, which is unknown on purpose."""


@pytest.mark.parametrize("phone", ALIGNED_PHONES)
def test_every_phone_of_the_aligned_recordings_has_classes(phone):
    assert ARPABET[phone.lower()]


def test_an_unknown_label_has_no_class():
    assert "?" not in ARPABET


@pytest.mark.parametrize("alphabet", [ARPABET, FESTIVAL], ids=["arpabet", "festival"])
def test_alphabets_name_classes_that_exist(alphabet):
    assert {name for classes in alphabet.values() for name in classes} <= set(CLASSES)


def test_ipa_names_classes_that_exist_and_each_letter_once():
    assert set(IPA.values()) <= set(CLASSES)
    from posecast.training import phones

    assert len(IPA) == sum(map(len, phones._IPA_GROUPS.values()))


def test_targets_name_channels_that_exist_within_range():
    assert NUM_CLASSES == 27
    for target in TARGETS.values():
        assert set(target) <= set(CHANNELS)
        assert all(0 <= value <= 1 for value in target.values())


def test_only_bilabials_close_the_lips_and_only_labiodentals_bite():
    assert [name for name in CLASSES if TARGETS[name].get("close", 0) == 1] == ["PBM"]
    assert [name for name in CLASSES if TARGETS[name].get("labiodental", 0) == 1] == ["FV"]


def test_silence_is_the_first_class_and_no_vowel():
    assert CLASSES[SILENCE] == "sil"
    assert SILENCE not in VOWELS
    assert {CLASSES[index] for index in VOWELS} == {
        *("A", "AE", "AH", "AX", "AO", "EH", "ER", "IH", "IY", "O", "UH", "UW", "Y")
    }


@pytest.mark.parametrize(
    ("phone", "classes"),
    [
        ("p", ("PBM",)),
        ("pʰ", ("PBM",)),
        ("aɪ", ("A", "IH")),
        ("t͡ʃ", ("TDN", "SH")),
        ("ɔː", ("AO",)),
        ("ʋ", ("FV",)),
        ("ˈy", ("Y",)),
        ("_:", ()),
        ("", ()),
    ],
)
def test_ipa_is_read_letter_by_letter(phone, classes):
    assert classes_of_ipa(phone) == classes


@pytest.mark.parametrize(
    ("phone", "classes"),
    [
        ("tS", ("TDN", "SH")),
        ("ts", ("TDN", "SZ")),
        ("a1", ("A",)),
        ("o:", ("O",)),
        ("e~", ("EH",)),
        ("B", ("W",)),
        ("pp", ("PBM",)),
        ("M", ("PBM",)),
        ("@@", ("AE",)),
        ("_", ("sil",)),
        ("¿", ("AX",)),
    ],
)
def test_festivals_phones_are_read_as_they_stand_then_plain_then_by_their_first_letter(
    phone, classes
):
    assert classes_of_festival(phone) == classes


def test_a_diphthong_is_split_evenly():
    assert split_evenly(("A", "IH"), 1.0, 1.2) == [
        (CLASS_INDEX["A"], pytest.approx(1.0), pytest.approx(1.1)),
        (CLASS_INDEX["IH"], pytest.approx(1.1), pytest.approx(1.2)),
    ]
    assert split_evenly((), 1.0, 1.2) == []
