"""The judgement of a speech encoder: full marks for the truth, none for a mouth at rest."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from posecast.config import SpeechEncoderConfig
from posecast.training import check as check_module
from posecast.training.articulation import articulate, phone_labels, tracks_at_frame_rate
from posecast.training.check import check_speech_encoder
from posecast.training.phones import CHANNEL_INDEX, CLASS_INDEX, NUM_CLASSES, UNKNOWN
from posecast.training.utterance import Utterance

CONFIG = SpeechEncoderConfig(look_aheads_frames=(0, 1, 2, 3))
WORDS = ("A", "PBM", "A", "TDN", "IY", "SZ", "EH", "KG", "O", "FV", "A", "TDN", "UW", "KG", "AE")


def make_utterance(phones=WORDS, engine="librispeech", unknown=()):
    """Phones of 120 ms after a pause of 160 ms."""
    segments = [(0.0, 0.0, 0.16)]
    for index, name in enumerate(phones):
        phone = UNKNOWN if index in unknown else CLASS_INDEX[name]
        segments.append((phone, 0.16 + 0.12 * index, 0.28 + 0.12 * index))
    num_hops = int(100 * segments[-1][2]) // 4 * 4
    return Utterance(
        mel=np.zeros((num_hops, 80), np.float16),
        pitch_hz=np.zeros(num_hops, np.float16),
        segments=np.array(segments, np.float32),
        engine=engine,
        speaker="someone",
    )


class Oracle(torch.nn.Module):
    """Says the truth about each frame when its look-ahead has been heard, or something else."""

    config = CONFIG

    def __init__(self, utterance, *, delay=None, change=None):
        super().__init__()
        known = utterance.segments[utterance.segments[:, 0] != UNKNOWN]
        self._tracks = tracks_at_frame_rate(articulate(known, len(utterance.mel)))
        labels = phone_labels(utterance.segments, len(utterance.mel))
        padded = np.concatenate([labels[:1], labels])
        self._labels = np.stack([padded[0:-1:4], padded[1::4]], axis=1)
        self._delay, self._change = delay, change

    def initial_state(self, batch):
        return []

    def hidden(self, mel, chosen, state):
        assert chosen.shape == (1, 4)
        assert chosen.sum() == 1
        told = int(chosen[0].argmax())
        return SimpleNamespace(num_steps=mel.shape[1] // 4, look_ahead=told), state

    def heads(self, hidden):
        delay = hidden.look_ahead if self._delay is None else self._delay
        frame = np.clip(np.arange(hidden.num_steps) - delay, 0, len(self._tracks) - 1)
        tracks = self._tracks[frame].copy()
        if self._change:
            self._change(tracks)
        labels = torch.from_numpy(self._labels[frame]).clamp(min=0)
        phones = torch.nn.functional.one_hot(labels, NUM_CLASSES).float()
        return torch.from_numpy(tracks)[None], torch.zeros(1, len(frame)), phones[None]


def check(utterance, look_ahead=3, **options):
    found = check_speech_encoder(Oracle(utterance, **options), [utterance], look_ahead)
    return found["librispeech"]


@pytest.mark.parametrize("look_ahead", CONFIG.look_aheads_frames)
def test_the_truth_gets_full_marks_at_each_look_ahead(look_ahead):
    assert check(make_utterance(), look_ahead) == {
        "phones": 1.0,
        "closures": 1.0,
        "false": 0.0,
        "heard": 1.0,
        "f_v": 1.0,
        "false_f_v": 0.0,
        "jaw": 1.0,
        "round": 1.0,
    }


def test_who_answers_for_another_frame_is_found_out():
    late = check(make_utterance(), 3, delay=5)
    assert late["phones"] < 0.7
    assert late["jaw"] < 0.9


def test_lips_that_never_close_miss_all_and_lips_that_always_do_are_always_false():
    def hold(value):
        def change(tracks):
            tracks[:, [CHANNEL_INDEX["close"], CHANNEL_INDEX["labiodental"]]] = value

        return change

    never, always = (check(make_utterance(), change=hold(value)) for value in (0.0, 1.0))
    assert [never[name] for name in ("closures", "false", "f_v", "false_f_v")] == [0, 0, 0, 0]
    assert [always[name] for name in ("closures", "false", "f_v", "false_f_v")] == [1, 1, 1, 1]


def test_odds_that_tell_nothing_find_none_however_high():
    utterance = make_utterance()
    for phone in ("sil", "PBM"):
        deaf = Oracle(utterance)
        deaf._labels[:] = CLASS_INDEX[phone]
        assert check_speech_encoder(deaf, [utterance], 3)["librispeech"]["heard"] == 0


def test_neighbours_of_a_closure_are_not_called_false():
    """They are held shut for a part of their length."""

    def widen(tracks):
        column = tracks[:, CHANNEL_INDEX["close"]]
        closed = np.flatnonzero(column > 0.5)
        column[closed.min() - 2 : closed.max() + 3] = 1.0

    assert check(make_utterance(), change=widen)["false"] == 0.0


def test_unknown_phones_are_not_judged():
    phones = make_utterance(unknown=(1, 9))
    found = check(phones)
    assert "closures" not in found
    assert "f_v" not in found
    assert found["phones"] == 1.0


def test_an_utterance_of_which_nothing_is_known_is_passed_over():
    nothing = make_utterance(unknown=range(len(WORDS)))
    nothing = Utterance(
        mel=nothing.mel,
        pitch_hz=nothing.pitch_hz,
        segments=nothing.segments[1:],
        engine="librispeech",
        speaker="someone",
    )
    found = check_speech_encoder(Oracle(make_utterance()), [nothing], 3)
    # Only the pause before the phones has no label that says it is unknown.
    assert found["librispeech"].keys() == {"phones"}


def test_of_a_large_corpus_as_many_of_each_engine_are_judged_evenly_spread(monkeypatch):
    judged = []

    def judge(network, utterance, look_ahead):
        judged.append(utterance.speaker)
        return iter([("phones", 1.0)])

    monkeypatch.setattr(check_module, "_judge", judge)
    plain = make_utterance()
    many = [dataclasses.replace(plain, speaker=str(index)) for index in range(240)]
    few = [dataclasses.replace(plain, speaker=f"few {index}", engine="flite") for index in range(7)]
    check_speech_encoder(Oracle(plain), many + few, 3)
    assert judged == [f"few {index}" for index in range(7)] + [str(4 * k) for k in range(60)]


def test_figures_are_those_of_each_engine():
    one, other = make_utterance(engine="flite"), make_utterance(engine="festival")
    found = check_speech_encoder(Oracle(one), [one, other, other], 0)
    assert found.keys() == {"flite", "festival"}
    assert found["flite"] == found["festival"]
