"""espeak's events to segments: its voiceless stops are put right."""

import itertools

import pytest

from posecast.errors import MissingDependency
from posecast.training.engines import espeak
from posecast.training.engines.espeak import Espeak, segments_from_events
from posecast.training.phones import CLASSES

RATE_HZ = 1000  # events in milliseconds


def segments(*events, end=1000):
    """Class names with start and end in milliseconds."""
    return [
        (CLASSES[phone], round(1000 * start), round(1000 * stop))
        for phone, start, stop in segments_from_events(list(events), end, RATE_HZ)
    ]


def test_phones_last_until_the_next_event_and_the_last_to_the_end():
    assert segments((100, "m"), (200, "ai"), (400, "n")) == [
        ("PBM", 100, 200),
        ("A", 200, 300),
        ("IY", 300, 400),
        ("TDN", 400, 1000),
    ]


def test_the_closure_of_a_voiceless_stop_is_cut_from_the_phone_before():
    """The event marks the burst; 50 ms before it the mouth is shut already."""
    assert segments((100, "a"), (300, "p"), (318, "i")) == [
        ("A", 100, 250),
        ("PBM", 250, 318),
        ("IY", 318, 1000),
    ]


def test_a_short_phone_before_a_stop_keeps_20_ms():
    assert segments((100, "a"), (140, "k"), (150, "i"))[:2] == [("A", 100, 120), ("KG", 120, 150)]


def test_a_stop_that_starts_the_utterance_reaches_back_over_the_silence():
    assert segments((300, "t"), (318, "a"))[0] == ("TDN", 250, 318)
    assert segments((20, "t"), (38, "a"))[0] == ("TDN", 0, 38)


def test_breath_follows_a_long_burst():
    assert segments((100, "a"), (300, "p"), (360, "i"))[1:3] == [
        ("PBM", 250, 318),
        ("H", 318, 360),
    ]


def test_an_affricate_closes_then_hisses():
    assert segments((100, "a"), (300, "tʃ"), (400, "i"))[1:3] == [
        ("TDN", 250, 318),
        ("SH", 318, 400),
    ]


def test_voiced_stops_stay_where_they_are():
    assert segments((100, "a"), (300, "b"), (360, "i"))[:2] == [("A", 100, 300), ("PBM", 300, 360)]


def test_a_switch_of_language_is_no_sound():
    assert segments((100, "(en)"), (100, "a"), (300, "(de)"), (300, "m")) == [
        ("A", 100, 300),
        ("PBM", 300, 1000),
    ]


def test_a_pause_is_silence_unless_it_is_too_short_to_be_one():
    assert segments((100, "a"), (300, "_:"), (400, "a"))[1] == ("sil", 300, 400)
    assert segments((100, "a"), (300, "_"), (320, "a"))[1] == ("A", 320, 1000)


def test_no_events_give_no_segments():
    assert segments() == []


def test_segments_are_in_order_and_never_negative():
    phones = ["a", "t", "p", "_:", "k", "tʃ", "i", "t", "m"]
    found = segments(*((100 + 37 * index, phone) for index, phone in enumerate(phones)))
    assert all(start <= end for _, start, end in found)
    assert [start for _, start, _ in found] == sorted(start for _, start, _ in found)


def test_a_missing_library_says_how_to_get_it(monkeypatch):
    def refuse(name):
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(espeak.ctypes, "CDLL", refuse)
    with pytest.raises(MissingDependency, match="apt-get install espeak-ng"):
        Espeak()


class SilentLibrary:
    """A library without voices, or one whose voice says nothing."""

    def __init__(self, sample_rate_hz, voice_status=0):
        self._sample_rate_hz, self._voice_status = sample_rate_hz, voice_status

    def espeak_Initialize(self, *arguments):  # noqa: N802 - the library's name
        return self._sample_rate_hz

    def espeak_SetVoiceByName(self, name):  # noqa: N802 - the library's name
        return self._voice_status

    def __getattr__(self, name):
        return lambda *arguments: 0


def test_a_library_without_voices_says_how_to_get_them(monkeypatch):
    monkeypatch.setattr(espeak.ctypes, "CDLL", lambda name: SilentLibrary(-1))
    with pytest.raises(MissingDependency, match="apt-get install espeak-ng-data"):
        Espeak()


@pytest.mark.parametrize("voice_status", [0, 2], ids=["says nothing", "no such voice"])
def test_nothing_said_is_none(monkeypatch, voice_status):
    monkeypatch.setattr(espeak.ctypes, "CDLL", lambda name: SilentLibrary(22_050, voice_status))
    engine = Espeak()
    assert engine.say("hi", "en", words_a_minute=150, pitch=50, pitch_range=50) is None


def test_espeak_speaks_and_labels():
    try:
        made = list(itertools.islice(espeak.utterances(seed=5), 2))
    except MissingDependency as error:
        pytest.skip(str(error))
    for spoken in made:
        assert spoken.engine == "espeak"
        assert len(spoken.samples) > 0.5 * spoken.sample_rate_hz
        assert len(spoken.segments) > 5
        assert spoken.segments[-1][2] <= len(spoken.samples) / spoken.sample_rate_hz + 1e-6
