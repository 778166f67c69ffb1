from __future__ import annotations

import numpy as np
import pytest
import soxr

from posecast.audio.resampler import Resampler
from posecast.errors import InvalidRequest

RATES_HZ = [8_000, 11_025, 16_000, 22_050, 44_100, 44_101, 48_000, 192_000]


def resample(samples, rate_hz, chunk_sizes=None):
    resampler = Resampler(rate_hz)
    borders = np.cumsum(chunk_sizes) if chunk_sizes is not None else []
    parts = [resampler.push(chunk) for chunk in np.split(samples, borders)]
    return np.concatenate([*parts, resampler.finish()])


def noise(num_samples, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, num_samples).astype(np.float32)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("chunk", ["1 sample", "20 ms", "1 s", "random"])
def test_chunking_does_not_change_samples(rate_hz, chunk):
    num_samples = rate_hz // 20 + 7 if chunk == "1 sample" else 2 * rate_hz + 123
    samples = noise(num_samples)
    random = np.random.default_rng(5)
    chunk_sizes = {
        "1 sample": np.ones(num_samples - 1, int),
        "20 ms": np.full(num_samples // (rate_hz // 50), rate_hz // 50),
        "1 s": np.full(2, rate_hz),
        "random": random.integers(0, 2 * num_samples // 20, 20),
    }[chunk]
    chunk_sizes = chunk_sizes[np.cumsum(chunk_sizes) <= num_samples]

    chunked = resample(samples, rate_hz, chunk_sizes)

    np.testing.assert_array_equal(chunked, resample(samples, rate_hz))


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_click_stays_where_it_was(rate_hz):
    samples = np.zeros(rate_hz, np.float32)
    click = rate_hz // 3
    samples[click] = 1.0

    converted = resample(samples, rate_hz)

    assert abs(np.argmax(np.abs(converted)) - click * 16_000 / rate_hz) <= 1


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("num_samples", [0, 1, 2, 3, 159, 160, 161, 999, 12_345])
def test_length_is_the_rounded_duration(rate_hz, num_samples):
    converted = resample(noise(num_samples), rate_hz)

    assert len(converted) == int(np.floor(num_samples * 16_000 / rate_hz + 0.5))


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_agrees_with_an_independent_resampler(rate_hz):
    times_s = np.arange(rate_hz) / rate_hz
    samples = sum(np.sin(2 * np.pi * hz * times_s + hz) for hz in (110, 700, 1900, 3300)) / 4
    samples = samples.astype(np.float32)

    converted = resample(samples, rate_hz)

    reference = soxr.resample(samples, rate_hz, 16_000, quality="VHQ")
    inside = slice(1_000, 15_000)  # the ends depend on what each filter sees beyond them
    error = np.sqrt(np.mean((converted[inside] - reference[inside]) ** 2))
    # 80 dB under the signal is the filter's design; an odd rate takes the nearest of 1024 filters.
    assert error < (5e-5 if rate_hz != 44_101 else 5e-4)


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000, 192_000])
def test_what_16_khz_cannot_hold_does_not_fold_back(rate_hz):
    tone = np.sin(2 * np.pi * 9_000 * np.arange(rate_hz) / rate_hz).astype(np.float32)

    converted = resample(tone, rate_hz)

    assert np.abs(converted[500:-500]).max() < 1e-4


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_holds_back_at_most_one_block_and_the_filter(rate_hz):
    resampler = Resampler(rate_hz)

    received = len(resampler.push(noise(rate_hz)))

    assert received >= 16_000 - 160 - 160


def test_pass_through_is_a_copy():
    samples = noise(100)

    converted = Resampler(16_000).push(samples)

    np.testing.assert_array_equal(converted, samples)
    assert not np.shares_memory(converted, samples)


def test_interleaved_streams_do_not_mix():
    first, second = noise(4_800, seed=1), noise(4_800, seed=2)
    resamplers = Resampler(48_000), Resampler(48_000)
    parts = ([], [])

    for start in range(0, 4_800, 480):
        for part, resampler, samples in zip(parts, resamplers, (first, second), strict=True):
            part.append(resampler.push(samples[start : start + 480]))
    for part, resampler in zip(parts, resamplers, strict=True):
        part.append(resampler.finish())

    np.testing.assert_array_equal(np.concatenate(parts[0]), resample(first, 48_000))
    np.testing.assert_array_equal(np.concatenate(parts[1]), resample(second, 48_000))


@pytest.mark.parametrize("rate_hz", [0, 7_999, 192_001, 1_000_000])
def test_rate_out_of_range_is_refused(rate_hz):
    with pytest.raises(InvalidRequest, match=f"sample rate {rate_hz} Hz; allowed: 8000 to 192000"):
        Resampler(rate_hz)
