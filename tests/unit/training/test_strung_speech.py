"""Speech of some 20 s: clips follow one another, and only voices of the training are heard."""

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.training import strung_speech
from posecast.training.strung_speech import training_speech

HEARD, KEPT_BACK = "1034m", "1081m"


@pytest.fixture
def say(speak, monkeypatch):
    """Lets a folder of recordings hold so many clips of an engine and a speaker."""

    def say(*voices):
        spoken = [
            speak(seed, engine, speaker)
            for engine, speaker, count in voices
            for seed in range(count)
        ]
        monkeypatch.setattr(strung_speech.recordings, "utterances", lambda folder: iter(spoken))
        monkeypatch.setattr(strung_speech, "is_held_out", lambda s: s.speaker == KEPT_BACK)
        return spoken

    return say


def test_pieces_hold_whole_clips_until_twenty_seconds(say, tmp_path):
    spoken = say(("librispeech", HEARD, 40))

    pieces = training_speech(tmp_path, 10)

    assert len(pieces) > 1
    shortest_s = max(len(s.samples) / s.sample_rate_hz for s in spoken)
    for piece in pieces:
        assert 20 <= piece.duration_s <= 20 + shortest_s + 0.5
    first = spoken[0].samples
    np.testing.assert_array_equal(pieces[0].samples[: len(first)], first)
    assert not pieces[0].samples[len(first) : len(first) + 5000].any()  # a pause
    assert len(training_speech(tmp_path, 1)) == 1


@pytest.mark.parametrize(
    ("engine", "speaker"), [("librispeech", KEPT_BACK), ("speech_commands", HEARD)]
)
def test_held_out_speakers_and_single_words_are_left_out(say, tmp_path, engine, speaker):
    say((engine, speaker, 40))

    with pytest.raises(InvalidRequest, match="less than 20 s of sentences"):
        training_speech(tmp_path, 10)


def test_without_recordings_a_synthesiser_speaks(speak, monkeypatch):
    voices = (speak(seed, "espeak", "en-us+f1") for seed in range(1000))
    monkeypatch.setattr(strung_speech.espeak, "utterances", lambda seed: voices)

    assert len(training_speech(None, 2)) == 2
    next(voices)  # it was not asked for more than is needed
