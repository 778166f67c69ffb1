from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.degradation import CONDITIONS, active_level, degrade
from posecast.signals import Waveform

RATES = [8_000, 16_000, 44_100]


def voiced(sample_rate_hz=16_000, duration_s=2.0, silence_s=1.0):
    """A buzz of 125 Hz with a formant, after silence. [S]"""
    times_s = np.arange(int(duration_s * sample_rate_hz)) / sample_rate_hz
    harmonics = np.arange(1, 25)
    gains = 1 / (1 + ((harmonics * 125 - 700) / 300) ** 2)
    buzz = (gains[:, None] * np.sin(2 * np.pi * 125 * harmonics[:, None] * times_s)).sum(axis=0)
    still = np.zeros(int(silence_s * sample_rate_hz))
    samples = 0.05 * np.concatenate([still, buzz])
    return Waveform(samples=samples.astype(np.float32), sample_rate_hz=sample_rate_hz)


def click(sample_rate_hz, position):
    samples = np.zeros(2 * sample_rate_hz + 77, np.float32)
    samples[position] = 0.9
    return Waveform(samples=samples, sample_rate_hz=sample_rate_hz)


def band_share(waveform, low_hz, high_hz):
    power = np.abs(np.fft.rfft(waveform.samples)) ** 2
    frequencies_hz = np.fft.rfftfreq(len(waveform.samples), 1 / waveform.sample_rate_hz)
    return power[(low_hz <= frequencies_hz) & (frequencies_hz <= high_hz)].sum() / power.sum()


def rms(samples):
    return float(np.sqrt(np.square(samples.astype(np.float64)).mean()))


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("sample_rate_hz", RATES)
def test_length_and_rate_stay_and_the_same_clip_sounds_the_same(condition, sample_rate_hz):
    clean = voiced(sample_rate_hz)

    worse = degrade(condition, clean, "clip")

    assert len(worse.samples) == len(clean.samples)
    assert worse.sample_rate_hz == sample_rate_hz
    assert worse.samples.dtype == np.float32
    assert np.isfinite(worse.samples).all()
    np.testing.assert_array_equal(worse.samples, degrade(condition, clean, "clip").samples)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_silence_stays_finite(condition):
    silence = Waveform(samples=np.zeros(1000, np.float32), sample_rate_hz=16_000)

    assert np.isfinite(degrade(condition, silence, "clip").samples).all()


@pytest.mark.parametrize("condition", ["noise10", "reverb", "whisper"])
def test_each_clip_has_a_draw_of_its_own(condition):
    clean = voiced()

    assert not np.array_equal(
        degrade(condition, clean, "one").samples, degrade(condition, clean, "two").samples
    )


@pytest.mark.parametrize(("condition", "snr_db"), [("noise20", 20), ("noise10", 10)])
@pytest.mark.parametrize("silence_s", [0.0, 4.0])
def test_noise_is_measured_against_active_speech(condition, snr_db, silence_s):
    clean = voiced(silence_s=silence_s)
    speech = clean.samples[int(silence_s * 16_000) :]

    noise = degrade(condition, clean, "clip").samples - clean.samples

    assert 20 * np.log10(rms(speech) / rms(noise)) == pytest.approx(snr_db, abs=0.2)
    assert active_level(clean.samples, 16_000) == pytest.approx(rms(speech), rel=0.02)


def test_noise_is_half_white_and_half_pink():
    silence_and_click = click(16_000, 5_000)

    noise = degrade("noise10", silence_and_click, "clip").samples - silence_and_click.samples

    upper = band_share(Waveform(samples=noise, sample_rate_hz=16_000), 4_000, 8_000)
    # white: half of it; pink over 32 000 bins: ln 2 of 1 + ln 16 038, about 0.065
    assert upper == pytest.approx((0.5 + 0.065) / 2, abs=0.03)


@pytest.mark.parametrize("sample_rate_hz", RATES)
def test_telephone_passes_its_band_only(sample_rate_hz):
    noise = np.random.default_rng(0).standard_normal(2 * sample_rate_hz) * 0.1
    sound = Waveform(samples=noise.astype(np.float32), sample_rate_hz=sample_rate_hz)

    heard = degrade("telephone", sound, "clip")

    assert band_share(heard, 200, 3_500) > 0.99
    kept = band_share(sound, 300, 3_400) * rms(sound.samples) ** 2
    assert rms(heard.samples) ** 2 == pytest.approx(kept, rel=0.1)


@pytest.mark.parametrize("condition", ["telephone", "reverb"])
@pytest.mark.parametrize("sample_rate_hz", RATES)
@pytest.mark.parametrize("at_s", [0.0, 0.7, 2.0])
def test_click_stays_where_it_was(condition, sample_rate_hz, at_s):
    position = int(at_s * sample_rate_hz) + 40

    heard = degrade(condition, click(sample_rate_hz, position), "clip").samples

    assert np.abs(heard).argmax() == pytest.approx(position, abs=sample_rate_hz // 8_000)


def test_mu_law_adds_its_noise():
    sound = voiced(8_000)
    tone = np.sin(2 * np.pi * 1_000 * np.arange(8_000) / 8_000).astype(np.float32) * 0.3
    sound = Waveform(samples=tone, sample_rate_hz=8_000)

    error = degrade("telephone", sound, "clip").samples[1_000:-1_000] - tone[1_000:-1_000]

    assert 30 < 20 * np.log10(rms(tone) / rms(error)) < 45  # eight bits of mu-law: about 37 dB


def test_room_answers_for_half_a_second():
    heard = degrade("reverb", click(16_000, 1_000), "clip").samples[1_000:]
    early, late = heard[1_600:3_200], heard[4_800:6_400]  # 0.1 to 0.2 s, 0.3 to 0.4 s

    assert 20 * np.log10(rms(early) / rms(late)) == pytest.approx(24, abs=1.5)  # 60 dB in 0.5 s
    assert rms(heard[8_200:]) < 1e-4 * rms(heard[:8_000])
    direct, answer = heard[0] ** 2, np.square(heard[1:]).sum()
    assert 10 * np.log10(direct / answer) == pytest.approx(0, abs=0.1)


def test_quiet_is_40_db_below():
    clean = voiced()

    assert rms(degrade("quiet", clean, "clip").samples) == pytest.approx(
        rms(clean.samples) / 100, rel=1e-4
    )


def test_whisper_keeps_the_formant_and_loses_the_voice():
    clean = voiced()

    whispered = degrade("whisper", clean, "clip")

    def periodicity(samples):
        """Correlation with itself a period of the voice later."""
        return np.corrcoef(samples[:-128], samples[128:])[0, 1]

    speech = slice(20_000, 44_000)
    assert periodicity(clean.samples[speech]) > 0.95
    assert abs(periodicity(whispered.samples[speech])) < 0.3
    assert band_share(whispered, 300, 1_400) > 0.7  # the formant is at 700 Hz
    assert rms(whispered.samples) == pytest.approx(rms(clean.samples), rel=0.01)
    assert rms(whispered.samples[:15_000]) < 0.01 * rms(whispered.samples[17_000:])  # no shift
