"""Tapes: exact, one speaker each, honest about what is known."""

import numpy as np
import pytest

from posecast.training import tapes
from posecast.training.phones import CLASS_INDEX, SILENCE, UNKNOWN
from posecast.training.tapes import ENGINE_SHARE, Crop, TapeSampler
from posecast.training.utterance import Utterance

A = CLASS_INDEX["A"]


def mark(speaker, value, num_hops=300, engine="espeak", segments=((A, 0.0, 3.0),)):
    """An utterance whose spectrum says whose it is."""
    return Utterance(
        mel=np.full((num_hops, 80), value, np.float16),
        pitch_hz=np.full(num_hops, 100, np.float16),
        segments=np.array(segments, np.float32).reshape(-1, 3),
        engine=engine,
        speaker=speaker,
    )


def make_sampler(utterances, seed=1):
    return TapeSampler(utterances, np.random.default_rng(seed))


@pytest.mark.parametrize("num_hops", [4, 440, 880, 2000])
def test_a_crop_has_exactly_the_length_asked_for(utterances, num_hops):
    sampler = make_sampler(utterances)
    for _ in range(20):
        crop = sampler.draw(num_hops)
        assert len(crop.mel) == len(crop.tracks) == len(crop.labels) == num_hops
        assert crop.num_frames == num_hops // 4
        assert len(crop.frame_tracks()) == len(crop.trusted_frames()) == num_hops // 4
        assert len(crop.accent_track()) == num_hops // 4


def test_speakers_never_mix_in_a_crop():
    sampler = make_sampler([mark("one", 1), mark("two", 2), mark("three", 3)])
    seen = set()
    for _ in range(60):
        values = set(np.unique(sampler.draw(1200).mel).tolist())
        spoken = {value for value in values if value > 0}  # pauses are silent
        assert len(spoken) == 1
        seen |= spoken
    assert seen == {1, 2, 3}


def test_engines_are_drawn_by_their_share_and_speakers_evenly():
    sampler = make_sampler(
        [mark("a", 1, engine="flite")] * 5
        + [mark("b", 2, engine="speech_commands"), mark("c", 3, engine="speech_commands")]
    )
    values = [sampler.draw(400, lead_in=False).mel[0, 0] for _ in range(1500)]
    flite_share = np.mean(np.array(values) == 1)
    expected = ENGINE_SHARE["flite"] / (ENGINE_SHARE["flite"] + ENGINE_SHARE["speech_commands"])
    assert 0.5 < expected < 0.9
    assert flite_share == pytest.approx(expected, abs=0.04)
    assert np.mean(np.array(values) == 2) == pytest.approx((1 - expected) / 2, abs=0.03)


def test_real_speech_is_most_of_what_is_drawn():
    real = ("speechocean762", "librispeech", "speech_commands")
    assert sum(ENGINE_SHARE.values()) == pytest.approx(1)
    assert 0.5 < sum(ENGINE_SHARE[engine] for engine in real) < 0.7


def test_an_engine_without_a_share_is_drawn_too():
    sampler = make_sampler([mark("a", 1, engine="my own recordings")])
    assert sampler.draw(400).mel.max() == 1


def test_the_same_seed_draws_the_same_crops(utterances):
    first, again, other = (make_sampler(utterances, seed) for seed in (1, 1, 2))
    for _ in range(3):
        one, two = first.draw(440), again.draw(440)
        np.testing.assert_array_equal(one.mel, two.mel)
        np.testing.assert_array_equal(one.accents, two.accents)
    assert not np.array_equal(one.mel, other.draw(440).mel)


def test_without_a_lead_in_speech_starts_at_once():
    sampler = make_sampler([mark("one", 1)])
    assert all(sampler.draw(400, lead_in=False).mel[0, 0] == 1 for _ in range(30))
    assert any(sampler.draw(400).mel[0, 0] < 0 for _ in range(30))


def test_pauses_are_silent_shut_and_labelled():
    crop = make_sampler([mark("one", 1, num_hops=40)]).draw(800)
    pause = crop.mel[:, 0] < 0
    assert pause.any()
    assert (crop.labels[pause] == SILENCE).all()
    assert not crop.tracks[pause].any()


def pauses_of(crop):
    """Lengths of the silent runs that lie between two utterances."""
    edges = np.flatnonzero(np.diff(crop.mel[:, 0] < 0))
    runs = np.diff(edges)
    return runs[0 if crop.mel[edges[0], 0] > 0 else 1 :: 2] if len(edges) > 1 else []


def test_pauses_are_mostly_short_and_some_last_seconds():
    sampler = make_sampler([mark("one", 1, num_hops=40)])
    lengths = np.concatenate([pauses_of(sampler.draw(2000, lead_in=False)) for _ in range(60)])
    assert lengths.min() >= 5
    assert 200 < lengths.max() < 280
    assert 0.07 < np.mean(lengths > 90) < 0.16  # 15 % of them are drawn up to 2.8 s long


def test_an_utterance_is_labelled_when_it_is_first_drawn_and_once(monkeypatch):
    """A corpus of days would else take minutes to label before the first step."""
    labelled = []

    def label(utterance):
        labelled.append(utterance.speaker)
        return original(utterance)

    original = tapes._label
    monkeypatch.setattr(tapes, "_label", label)
    sampler = make_sampler([mark(f"voice {index}", 1, num_hops=900) for index in range(200)])
    assert labelled == []
    for _ in range(20):
        sampler.draw(400)
    assert 10 < len(labelled) <= 40
    for _ in range(2000):
        sampler.draw(40)
    assert len(labelled) == len({*labelled}) == 200


def crop_with(labels):
    num_hops = len(labels)
    return Crop(
        mel=np.zeros((num_hops, 80), np.float32),
        tracks=np.zeros((num_hops, 9), np.float32),
        labels=np.array(labels, np.int64),
        accents=np.zeros((0, 2), np.float32),
    )


@pytest.mark.parametrize("unknown_hop", [0, 17, 20, 23, 39])
def test_frames_within_60_ms_of_an_unknown_phone_are_not_trusted(unknown_hop):
    labels = np.full(40, A)
    labels[unknown_hop] = UNKNOWN
    trusted = crop_with(labels).trusted_frames()
    # Frame f is the instant 40 f ms; the hop lasts from 10 h to 10 h + 10 ms.
    instants, start, end = 40 * np.arange(10), 10 * unknown_hop, 10 * unknown_hop + 10
    near = (instants < end + 60) & (instants > start - 60)
    np.testing.assert_array_equal(trusted, ~near)


def test_known_labels_are_all_trusted():
    assert crop_with(np.full(40, A)).trusted_frames().all()


def test_an_utterance_of_unknown_phones_is_shut_and_never_trusted():
    sampler = make_sampler([mark("one", 1, segments=[(UNKNOWN, 0.0, 3.0)])])
    crop = sampler.draw(300, lead_in=False)
    spoken = crop.labels == UNKNOWN
    assert spoken.any()
    assert crop.tracks[spoken].max() < 1e-3
    assert not crop.trusted_frames()[spoken[::4]].any()


def test_accents_move_with_their_utterance():
    """Wherever a loud vowel lands in a crop, the accent lies in its middle."""
    vowels = [(A, 0.2 * k, 0.2 * k + 0.1) for k in range(20)]
    loud = mark("one", 1, num_hops=400, segments=vowels)
    for k in (3, 9, 16):
        loud.mel[20 * k : 20 * k + 10] = 4
    sampler = make_sampler([loud])
    num_accents = 0
    for _ in range(20):
        crop = sampler.draw(300)
        for time_s, prominence in crop.accents:
            hop = int(time_s * 100)
            if prominence > 0.35 and 0 <= hop < 300:
                num_accents += 1
                assert crop.mel[hop, 0] == 4
    assert num_accents > 20
