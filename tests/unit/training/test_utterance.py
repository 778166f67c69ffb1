"""Utterances: measured in one unit, stored in little and read back."""

import dataclasses

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.training.phones import CLASS_INDEX, UNKNOWN
from posecast.training.utterance import load_shard, make_utterance, pitch, save_shard

A = CLASS_INDEX["A"]


def buzz(frequency_hz=150.0, seconds=1.0, rate_hz=16_000, gain=1.0):
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    return (gain * np.sign(np.sin(2 * np.pi * frequency_hz * times))).astype(np.float32)


def make(samples, rate_hz=16_000, segments=((A, 0.1, 0.4),), speed=1.0):
    return make_utterance(
        samples, rate_hz, list(segments), engine="flite", speaker="slt", speed=speed
    )


def test_the_level_of_a_recording_does_not_matter():
    loud, soft = make(buzz(gain=20_000.0)), make(buzz(gain=0.01))
    np.testing.assert_allclose(loud.mel, soft.mel, atol=0.05)


def test_hops_cover_whole_frames_only():
    utterance = make(buzz(seconds=0.999))
    assert len(utterance.mel) == len(utterance.pitch_hz) == 96
    assert utterance.mel.shape[1] == 80


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 48_000])
def test_other_rates_keep_their_time(rate_hz):
    utterance = make(buzz(rate_hz=rate_hz), rate_hz)
    assert len(utterance.mel) == pytest.approx(100, abs=4)
    assert np.median(utterance.pitch_hz[20:80]) == pytest.approx(150, rel=0.03)


def test_speed_moves_tempo_pitch_and_phones_together():
    utterance = make(buzz(), speed=1.25)
    assert len(utterance.mel) == 80
    np.testing.assert_allclose(utterance.segments, [[A, 0.08, 0.32]], rtol=1e-6)
    assert np.median(utterance.pitch_hz[20:60]) == pytest.approx(187.5, rel=0.03)


def test_empty_phones_are_left_out():
    utterance = make(buzz(), segments=[(A, 0.2, 0.2), (UNKNOWN, 0.2, 0.5), (A, 0.5, 0.4)])
    assert utterance.segments.tolist() == [[UNKNOWN, pytest.approx(0.2), 0.5]]


def test_an_utterance_without_phones_is_one_still():
    assert make(buzz(), segments=[]).segments.shape == (0, 3)


def test_silence_is_no_reason_to_divide_by_zero():
    utterance = make(np.zeros(16_000, np.float32))
    assert np.isfinite(utterance.mel).all()
    assert not utterance.pitch_hz.any()


def test_an_utterance_shorter_than_a_frame_is_refused():
    with pytest.raises(InvalidRequest, match="0 samples"):
        make(buzz(seconds=0.02))


@pytest.mark.parametrize("frequency_hz", [80, 120, 220, 350])
def test_pitch_is_found(frequency_hz):
    found = pitch(buzz(frequency_hz))
    assert len(found) == 100
    np.testing.assert_allclose(found[10:-10], frequency_hz, rtol=0.03)


def test_noise_has_no_pitch():
    noise = 0.3 * np.random.default_rng(1).standard_normal(16_000).astype(np.float32)
    assert (pitch(noise) == 0).mean() > 0.8


def test_a_shard_comes_back_as_it_was_stored(tmp_path, utterances):
    path = tmp_path / "espeak-000.npz"
    save_shard(path, utterances)
    for stored, original in zip(load_shard(path), utterances, strict=True):
        np.testing.assert_array_equal(stored.pitch_hz, original.pitch_hz)
        np.testing.assert_array_equal(stored.segments, original.segments)
        assert (stored.engine, stored.speaker) == (original.engine, original.speaker)
    assert [file.name for file in tmp_path.iterdir()] == ["espeak-000.npz"]


def test_spectra_are_kept_in_bytes_to_half_a_step(tmp_path, utterances):
    path = tmp_path / "espeak-000.npz"
    save_shard(path, utterances)
    with np.load(path) as stored:
        assert stored["levels"].dtype == np.uint8
    once = load_shard(path)
    for kept, original in zip(once, utterances, strict=True):
        assert kept.mel.dtype == np.float16
        error = np.abs(kept.mel.astype(np.float32) - original.mel.astype(np.float32))
        assert 0.2 < error.max() <= 0.25
    save_shard(path, once)
    for again, kept in zip(load_shard(path), once, strict=True):
        np.testing.assert_array_equal(again.mel, kept.mel)


def test_silence_and_what_no_recording_has_fit_into_the_bytes(tmp_path, utterances):
    levels = np.array([-40.0, np.log(1e-7), 0.0, 30.0, 200.0], np.float16)
    mel = np.repeat(levels[:, None], 80, axis=1)
    strange = dataclasses.replace(utterances[0], mel=mel, pitch_hz=np.zeros(5, np.float16))
    save_shard(tmp_path / "espeak-000.npz", [strange])
    (stored,) = load_shard(tmp_path / "espeak-000.npz")
    assert stored.mel[:, 0].tolist() == [-16.5, -16.0, 0.0, 30.0, 111.0]
