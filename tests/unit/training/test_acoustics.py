"""Rooms, noises, microphones and codecs: as strong as asked, and never late."""

import numpy as np
import pytest

from posecast.training import acoustics
from posecast.training.acoustics import add_noise, code, record, reverberate
from posecast.training.noises import NOISES

ONSETS_S = (0.4, 1.1, 1.9)
CODECS = ("VORBIS", "ULAW", "ALAW", "narrow")


def rng(seed=0):
    return np.random.default_rng(seed)


def power_above(samples, frequency_hz):
    """Share of the power above a frequency."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    return power[int(frequency_hz * len(samples) / 16_000) :].sum() / power.sum()


def test_every_codec_is_tried():
    assert acoustics._CODECS == CODECS


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("seed", range(3))
def test_a_codec_keeps_onsets_where_they_are(bursts, find_onsets, codec, seed):
    decoded = code(bursts.samples, codec, rng(seed))
    np.testing.assert_allclose(find_onsets(decoded), ONSETS_S, atol=0.03)


@pytest.mark.parametrize("seed", range(8))
def test_a_room_never_makes_speech_late_nor_early(bursts, find_onsets, seed):
    heard = reverberate(bursts.samples, rng(seed))
    first = round(0.4 * 16_000)
    # Before the direct sound there is nothing but the rounding of the transform.
    assert np.abs(heard[:first]).max() < 1e-5
    assert np.abs(heard[first : first + 160]).max() > 0.5 * np.abs(bursts.samples).max()
    # The tail of a burst may fill the pause after it: only the first onset is sure to be found.
    assert find_onsets(heard)[0] == pytest.approx(ONSETS_S[0], abs=0.03)


def test_a_room_sounds_on_after_the_speech(bursts):
    after = slice(round(0.72 * 16_000), round(0.8 * 16_000))
    levels = [reverberate(bursts.samples, rng(seed))[after].std() for seed in range(8)]
    assert not bursts.samples[after].any()
    assert min(levels) > 1e-4


@pytest.mark.parametrize("ratio_db", [0.0, 10.0, 25.0])
@pytest.mark.parametrize("name", NOISES)
def test_noise_lies_as_far_below_the_speech_as_was_asked(name, ratio_db):
    """A square wave that is silent for half of the time: its level is that of its sounding half."""
    times = np.arange(32_000) / 16_000
    speech = np.where(times < 1, 0.0, np.sign(np.sin(2 * np.pi * 130 * times))).astype(np.float32)
    noise = NOISES[name](rng(4), len(speech))
    mixed = add_noise(0.2 * speech, noise, ratio_db)
    added = mixed.astype(np.float64) - 0.2 * speech
    assert 10 * np.log10(0.2**2 / (added**2).mean()) == pytest.approx(ratio_db, abs=0.1)


def test_silence_and_noise_give_finite_sound():
    silence = np.zeros(8000, np.float32)
    for name, make in NOISES.items():
        assert np.isfinite(add_noise(silence, make(rng(), 8000), 10.0)).all(), name
    assert not add_noise(silence, silence, 10.0).any()


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("num_samples", [8001, 16_000, 20_479])
def test_a_codec_keeps_the_length(codec, num_samples):
    sound = 0.3 * rng().standard_normal(num_samples).astype(np.float32)
    decoded = code(sound, codec, rng(1))
    assert decoded.shape == sound.shape
    assert decoded.dtype == np.float32
    assert np.abs(decoded - sound).max() > 0.01


@pytest.mark.parametrize(("codec", "limit_hz"), [("ULAW", 4000), ("ALAW", 4000), ("narrow", 6000)])
def test_a_telephone_cuts_the_treble(codec, limit_hz):
    hiss = 0.3 * rng().standard_normal(32_000).astype(np.float32)
    assert power_above(hiss, limit_hz) > 0.2
    for seed in range(4):
        assert power_above(code(hiss, codec, rng(seed)), limit_hz + 200) < 0.01


@pytest.mark.parametrize("codec", CODECS)
def test_silence_survives_a_codec(codec):
    assert np.abs(code(np.zeros(8000, np.float32), codec, rng())).max() < 1e-2


def test_a_recording_keeps_length_and_stays_finite_and_the_seed_alone_decides(bursts):
    for seed in range(25):
        heard = record(bursts.samples, rng(seed))
        assert heard.shape == bursts.samples.shape
        assert heard.dtype == np.float32
        assert np.isfinite(heard).all()
        np.testing.assert_array_equal(heard, record(bursts.samples, rng(seed)))


def test_recordings_differ_and_some_are_clean(bursts):
    changed = [
        not np.array_equal(record(bursts.samples, rng(seed)), bursts.samples) for seed in range(60)
    ]
    # Nothing happens with the odds (1 - 0.35) (1 - 0.55) (1 - 0.1) (1 - 0.35) = 0.17.
    assert 0.7 < np.mean(changed) < 0.95


def test_some_recordings_are_clipped(monkeypatch, bursts):
    for name in ("_ROOM_ODDS", "_NOISE_ODDS", "_CODEC_ODDS"):
        monkeypatch.setattr(acoustics, name, 0.0)
    monkeypatch.setattr(acoustics, "_CLIPPING_ODDS", 1.0)
    clipped = record(bursts.samples, rng(2))
    assert np.abs(clipped).max() == 1.0
    loud = np.abs(bursts.samples) > 0.05
    assert (np.abs(clipped[loud]) == 1.0).mean() > 0.05
