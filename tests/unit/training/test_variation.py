"""Variation: further voices and recordings of an utterance, with its labels still in step."""

import dataclasses

import numpy as np
import pytest
import soxr

from posecast.training import variation
from posecast.training.phones import CLASS_INDEX
from posecast.training.utterance import make_utterance
from posecast.training.variation import (
    RECORDING_TAKES,
    measure_as_it_is,
    vary_recording,
    vary_synthetic,
)

VOWEL = CLASS_INDEX["A"]
WAYS = ("_as_it_is", "_play_faster", "_other_voice", "_whispered", "_shouted")


def rng(seed=0):
    return np.random.default_rng(seed)


def heard_and_labelled(utterance):
    """Hops at which the spectrum gets loud after 0.2 s of quiet, and those that the labels say."""
    level = utterance.mel.astype(np.float32).max(axis=1)
    loud = np.flatnonzero(level > np.percentile(level, 95) - 3.5)
    heard = loud[np.concatenate([[True], np.diff(loud) > 20])]
    labelled = [100 * start for phone, start, _ in utterance.segments if phone == VOWEL]
    return heard, labelled


@pytest.mark.usefixtures("rubberband")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(4))
def test_labels_stay_in_step_with_the_sound(bursts, way, seed):
    varied = variation._measure(bursts, getattr(variation, way), rng(seed), acoustics_odds=0.0)
    heard, labelled = heard_and_labelled(varied)
    np.testing.assert_allclose(heard, labelled, atol=3)  # 30 ms
    duration_s = varied.segments[-1, 2]
    assert len(varied.mel) / 100 == pytest.approx(duration_s, abs=0.06)  # whole frames


def lag_of(utterance):
    """Hops by which the level must be moved to be most like the labels; above 0 it is late."""
    level = utterance.mel.astype(np.float32).max(axis=1)
    times = (np.arange(len(level)) + 0.5) / 100
    wanted = np.zeros(len(level))
    for phone, start_s, end_s in utterance.segments:
        wanted[(times >= start_s) & (times < end_s) & (phone == VOWEL)] = 1

    def likeness(lag):
        return np.corrcoef(np.roll(level, -lag)[20:-20], wanted[20:-20])[0, 1]

    return max(range(-12, 13), key=likeness)


@pytest.mark.usefixtures("rubberband")
def test_rooms_noises_and_codecs_keep_them_in_step_too(bursts):
    lags = [
        lag_of(variation._measure(bursts, variation._other_voice, rng(seed), acoustics_odds=1.0))
        for seed in range(16)
    ]
    # A tail of reverberation makes a burst longer, hence some lag of its middle.
    assert max(lags) <= 5
    assert min(lags) >= -3
    assert abs(np.median(lags)) <= 2


def test_nothing_is_done_to_what_is_measured_as_it_is(bursts):
    measured = measure_as_it_is(bursts)
    plain = make_utterance(bursts.samples, 16_000, bursts.segments, engine="flite", speaker="slt")
    np.testing.assert_array_equal(measured.mel, plain.mel)
    np.testing.assert_array_equal(measured.segments, plain.segments)
    assert (measured.engine, measured.speaker) == ("flite", "slt")


def test_other_rates_keep_their_labels(bursts):
    coarse = dataclasses.replace(
        bursts, samples=soxr.resample(bursts.samples, 16_000, 22_050), sample_rate_hz=22_050
    )
    for seed in range(4):
        varied = variation._measure(coarse, variation._play_faster, rng(seed), acoustics_odds=0.0)
        heard, labelled = heard_and_labelled(varied)
        np.testing.assert_allclose(heard, labelled, atol=3)


def test_the_level_of_an_engine_does_not_matter(bursts):
    """espeak counts to 32767, the others to 1."""
    loud = dataclasses.replace(bursts, samples=32_767 * bursts.samples)
    one, two = (
        variation._measure(spoken, variation._play_faster, rng(1), acoustics_odds=1.0)
        for spoken in (bursts, loud)
    )
    np.testing.assert_allclose(one.mel, two.mel, atol=0.05)


@pytest.fixture
def ways(monkeypatch):
    """Names of the ways that were taken; nothing is done to the sound, and nothing measured."""
    taken = []

    def note(name):
        def way(samples, rng):
            taken.append(name)
            return samples, 1.0

        return way

    for name in WAYS:
        monkeypatch.setattr(variation, name, note(name))
    monkeypatch.setattr(variation, "record", lambda samples, rng: taken.append("record") or samples)
    monkeypatch.setattr(variation, "make_utterance", lambda *args, **names: None)
    return taken


def test_synthetic_speech_is_mostly_sped_up_or_slowed_and_every_way_occurs(ways, bursts):
    generator = rng(3)
    for _ in range(600):
        vary_synthetic(bursts, generator)
    shares = {name: ways.count(name) / 600 for name in (*WAYS, "record")}
    expected = {
        "_as_it_is": 0, "_play_faster": 0.55, "_other_voice": 0.3, "_whispered": 0.08,
        "_shouted": 0.07, "record": 0.55,
    }  # fmt: skip
    assert shares == pytest.approx(expected, abs=0.06)


def test_the_first_take_of_a_recording_is_as_it_is_and_the_others_go_further(ways, bursts):
    manners = []
    for take in range(RECORDING_TAKES):
        ways.clear()
        for seed in range(20):
            vary_recording(bursts, take, rng(seed))
        manners.append({*ways})
    assert manners == [
        {"_as_it_is"},
        {"_play_faster", "record"},
        {"_play_faster", "record"},
        {"_other_voice", "record"},
        {"_other_voice", "record"},
        {"_other_voice", "record"},
        {"_whispered", "_shouted", "record"},
    ]


def test_the_first_take_sounds_like_the_recording(bursts):
    first, plain = vary_recording(bursts, 0, rng()), measure_as_it_is(bursts)
    np.testing.assert_allclose(first.mel, plain.mel, atol=0.05)
    np.testing.assert_array_equal(first.segments, plain.segments)


@pytest.mark.usefixtures("rubberband")
def test_the_seed_alone_decides_and_the_voice_keeps_its_name(bursts):
    for take in range(RECORDING_TAKES):
        one, again = (vary_recording(bursts, take, rng(5)) for _ in range(2))
        np.testing.assert_array_equal(one.mel, again.mel)
        np.testing.assert_array_equal(one.segments, again.segments)
        assert (one.engine, one.speaker) == ("flite", "slt")  # held-out voices stay held out
    lengths = {len(vary_synthetic(bursts, rng(seed)).mel) for seed in range(6)}
    assert len(lengths) > 3


def test_a_fifth_of_the_other_voices_have_formants_apart_from_their_pitch(bursts, monkeypatch):
    """The rest move both together, by less, which takes a quarter of the time."""
    fine, quick = [], []

    def change(samples, *, pitch, formants, tempo):
        fine.append((pitch, formants, tempo))
        return samples

    def shift(samples, *, pitch, tempo):
        quick.append((pitch, tempo))
        return samples

    monkeypatch.setattr(variation, "change_voice", change)
    monkeypatch.setattr(variation, "shift_voice", shift)
    generator = rng(2)
    told = [variation._other_voice(bursts.samples, generator)[1] for _ in range(1000)]
    assert len(fine) / 1000 == pytest.approx(0.2, abs=0.04)
    assert len(fine) + len(quick) == 1000
    assert {tempo for *_, tempo in fine + quick} == {*told}
    for made, lowest, highest in ((fine, 0.6, 1.9), (quick, 0.75, 1.35)):
        pitches = [pitch for pitch, *_ in made]
        assert lowest <= min(pitches) < lowest + 0.15
        assert highest - 0.15 < max(pitches) <= highest
    ratios = [pitch / formants for pitch, formants, _ in fine]
    assert np.std(np.log(ratios)) > 0.1


@pytest.mark.usefixtures("rubberband")
def test_other_voices_are_other_in_pitch(bursts):
    """Between 0.6 and 1.9 times the pitch of 130 Hz."""
    medians = []
    for seed in range(10):
        varied = variation._measure(bursts, variation._other_voice, rng(seed), acoustics_odds=0.0)
        found = varied.pitch_hz[varied.pitch_hz > 0].astype(np.float32)
        medians.append(np.median(found))
    assert min(medians) > 0.57 * 130
    assert max(medians) < 1.95 * 130
    assert np.std(np.log(medians)) > 0.1
