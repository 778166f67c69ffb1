"""The front end: causal, the same in blocks, blind to gain."""

import numpy as np
import pytest

from posecast.conditioning.log_mel import (
    HOP_SAMPLES,
    PEAK_FLOOR,
    POWER_FLOOR,
    TAIL_SAMPLES,
    log_mel,
    mel_filters,
    normalise_level,
)
from posecast.errors import InvalidRequest

BANDS = 80
NO_TAIL = np.zeros(TAIL_SAMPLES, np.float32)


@pytest.fixture
def speech(speech_like):
    return speech_like[: 200 * HOP_SAMPLES]


def test_a_frame_hears_nothing_after_its_hop(speech):
    other = speech.copy()
    other[100 * HOP_SAMPLES :] = 0.5
    before, after = (log_mel(samples, NO_TAIL, BANDS) for samples in (speech, other))
    np.testing.assert_array_equal(before[:100], after[:100])
    assert np.abs(before[100] - after[100]).max() > 0.1


@pytest.mark.parametrize("hops", [1, 4, 13])
def test_chunked_equals_whole(speech, hops):
    whole = log_mel(speech, NO_TAIL, BANDS)
    tail, parts = NO_TAIL, []
    for start in range(0, len(speech), hops * HOP_SAMPLES):
        block = speech[start : start + hops * HOP_SAMPLES]
        parts.append(log_mel(block, tail, BANDS))
        tail = np.concatenate([tail, block])[-TAIL_SAMPLES:]
    # A product of matrices may sum in another order for another number of rows; measured 1e-6.
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5)


def test_a_tone_lies_in_the_band_of_its_frequency():
    times = np.arange(50 * HOP_SAMPLES) / 16_000
    tone = np.sin(2 * np.pi * 1000 * times).astype(np.float32)
    loudest = log_mel(tone, NO_TAIL, BANDS)[10:].argmax(axis=1)
    mel = 2595 * np.log10(1 + np.array([60, 1000, 7600]) / 700)
    expected = (mel[1] - mel[0]) / (mel[2] - mel[0]) * (BANDS + 1) - 1
    assert (np.abs(loudest - expected) <= 1).all()


def test_silence_is_the_floor():
    silence = log_mel(np.zeros(10 * HOP_SAMPLES, np.float32), NO_TAIL, BANDS)
    np.testing.assert_allclose(silence, np.log(POWER_FLOOR), atol=1e-4)


def test_every_band_hears_something():
    filters = mel_filters(BANDS)
    assert filters.shape == (257, BANDS)
    assert (filters.sum(axis=0) > 0).all()


@pytest.mark.parametrize("hops", [4, 12, 25])
def test_a_row_is_heard_as_if_it_were_alone(speech, hops):
    """Bit for bit: a stream must not depend on which others are served beside it."""
    rows = np.stack([speech[k * 960 : k * 960 + hops * HOP_SAMPLES] for k in range(5)])
    tails = np.stack([NO_TAIL + np.float32(0.01 * k) for k in range(5)])
    peaks = np.linspace(PEAK_FLOOR, 2.0, 5)

    mels = log_mel(rows, tails, BANDS)
    levels, last_peaks = normalise_level(mels, peaks)

    for row in range(5):
        mel = log_mel(rows[row], tails[row], BANDS)
        level, last_peak = normalise_level(mel, peaks[row])
        np.testing.assert_array_equal(mels[row], mel)
        np.testing.assert_array_equal(levels[row], level)
        assert last_peaks[row] == last_peak


@pytest.mark.parametrize("num_samples", [0, 159, 161])
def test_a_broken_hop_is_refused(num_samples):
    with pytest.raises(InvalidRequest, match=f"{num_samples} samples; expected a multiple of 160"):
        log_mel(np.zeros(num_samples, np.float32), NO_TAIL, BANDS)


def test_gain_does_not_matter_for_loud_signals(speech):
    loud, soft = (
        normalise_level(log_mel(gain * speech, NO_TAIL, BANDS), PEAK_FLOOR)[0] for gain in (1, 0.3)
    )
    # The power floor is 50 dB below the softer peak, and so nearly all that remains.
    heard = loud[:, :-1] > loud[:, :-1].min() + 0.8
    assert heard.mean() > 0.2
    np.testing.assert_allclose(loud[:, :-1][heard], soft[:, :-1][heard], atol=0.05)
    np.testing.assert_allclose(loud[:, -1] - soft[:, -1], -np.log(0.3) * 2 / 4, atol=0.01)


@pytest.mark.parametrize("hops", [1, 7])
def test_levels_in_blocks_equal_levels_of_the_whole(speech, hops):
    mel = log_mel(speech, NO_TAIL, BANDS)
    whole, last_peak = normalise_level(mel, PEAK_FLOOR)
    peak, parts = PEAK_FLOOR, []
    for start in range(0, len(mel), hops):
        block, peak = normalise_level(mel[start : start + hops], peak)
        parts.append(block)
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)
    assert peak == pytest.approx(last_peak)


def test_the_peak_falls_half_a_neper_a_second_and_not_below_its_floor():
    silence = np.full((100, BANDS), np.log(POWER_FLOOR), np.float32)
    _, after_a_second = normalise_level(silence, 2.0)
    assert after_a_second == pytest.approx(1.5)
    _, at_the_floor = normalise_level(silence, PEAK_FLOOR)
    assert at_the_floor == PEAK_FLOOR


def test_normalised_bands_stay_in_range(speech):
    normalised, _ = normalise_level(log_mel(speech, NO_TAIL, BANDS), PEAK_FLOOR)
    assert normalised.shape == (200, BANDS + 1)
    assert normalised[:, :-1].max() <= 1.2 + 1e-6
    assert normalised[:, :-1].min() >= 1.2 - 11.5 / 4 - 1e-6
