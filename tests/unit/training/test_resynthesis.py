"""Other voices: pitch and formants move as far as asked, and the labels stay in step."""

import numpy as np
import pytest

from posecast.errors import MissingDependency
from posecast.training.resynthesis import change_voice, shift_voice, shout, whisper
from posecast.training.utterance import pitch

ONSETS_S = (0.4, 1.1, 1.9)
FORMANTS_HZ = (700, 1200, 2600)


def vowel(low_hz=100.0, high_hz=160.0, num_samples=32_000):
    """Pulses that glide in pitch, through three resonances of a vocal tract."""
    phase = np.cumsum(np.linspace(low_hz, high_hz, num_samples)) / 16_000
    spectrum = np.fft.rfft(np.diff(np.floor(phase), prepend=0))
    delay = np.exp(-2j * np.pi * np.fft.rfftfreq(num_samples))
    radius = np.exp(-np.pi * 90 / 16_000)
    for formant_hz in FORMANTS_HZ:
        angle = 2 * np.pi * formant_hz / 16_000
        spectrum /= 1 - 2 * radius * np.cos(angle) * delay + radius**2 * delay**2
    voice = np.fft.irfft(spectrum, num_samples)
    return (0.7 * voice / np.abs(voice).max()).astype(np.float32)


def envelope(samples):
    """Mean logarithmic spectrum without the harmonics, 512 bins up to 8 kHz."""
    windows = np.lib.stride_tricks.sliding_window_view(samples[2000:-2000], 1024)[::160]
    spectra = np.log(np.abs(np.fft.rfft(windows * np.hanning(1024), axis=1)) + 1e-4)
    cepstrum = np.fft.irfft(spectra.mean(axis=0))
    cepstrum[48:-48] = 0
    return np.fft.rfft(cepstrum).real[:512]


def formant_factor(before, after):
    """The stretch of the frequency axis that makes one envelope most like the other."""
    bins = np.arange(20, 240)  # 300 Hz to 3.7 kHz
    factors = np.exp(np.linspace(-0.4, 0.4, 81))
    likeness = [
        np.corrcoef(np.interp(bins / factor, np.arange(512), before), after[bins])[0, 1]
        for factor in factors
    ]
    return factors[int(np.argmax(likeness))]


def median_pitch_hz(samples):
    found = pitch(samples[: len(samples) // 160 * 160])
    return np.median(found[found > 0])


@pytest.mark.usefixtures("rubberband")
@pytest.mark.parametrize(
    ("pitch_factor", "formants"),
    [(1.0, 1.2), (1.0, 0.85), (1.4, 1.0), (0.75, 1.0), (1.3, 1.2), (1.5, 0.9)],
)
def test_pitch_and_formants_move_by_what_was_asked_and_apart(pitch_factor, formants):
    before = vowel()
    after = change_voice(before, pitch=pitch_factor, formants=formants, tempo=1.0)
    assert median_pitch_hz(after) / median_pitch_hz(before) == pytest.approx(pitch_factor, rel=0.03)
    # An envelope is read off harmonics 130 Hz apart: it cannot be told more exactly.
    assert formant_factor(envelope(before), envelope(after)) == pytest.approx(formants, rel=0.05)


@pytest.mark.usefixtures("rubberband")
@pytest.mark.parametrize(
    ("pitch_factor", "formants", "tempo"),
    [
        (1.0, 1.0, 1.0),
        (1.0, 1.0, 1.2),
        (1.0, 1.0, 0.82),
        (1.6, 1.25, 0.85),
        (0.65, 0.85, 1.2),
        (1.9, 1.27, 1.22),
    ],
)
def test_another_voice_sets_in_when_the_labels_say(
    bursts, find_onsets, pitch_factor, formants, tempo
):
    changed = change_voice(bursts.samples, pitch=pitch_factor, formants=formants, tempo=tempo)
    assert len(changed) == pytest.approx(len(bursts.samples) / tempo, abs=320)
    np.testing.assert_allclose(find_onsets(changed), np.array(ONSETS_S) / tempo, atol=0.03)


@pytest.mark.usefixtures("rubberband")
@pytest.mark.parametrize("factor", [0.75, 0.9, 1.15, 1.35])
def test_a_smaller_or_larger_speaker_moves_pitch_and_formants_together(factor):
    before = vowel(130, 130)  # the low half of a glide would not be found to be voiced
    after = shift_voice(before, pitch=factor, tempo=1.0)
    assert median_pitch_hz(after) / median_pitch_hz(before) == pytest.approx(factor, rel=0.03)
    assert formant_factor(envelope(before), envelope(after)) == pytest.approx(factor, rel=0.05)


@pytest.mark.usefixtures("rubberband")
@pytest.mark.parametrize(("factor", "tempo"), [(1.0, 1.2), (0.75, 0.82), (1.35, 0.85), (1.3, 1.2)])
def test_another_speaker_sets_in_when_the_labels_say(bursts, find_onsets, factor, tempo):
    shifted = shift_voice(bursts.samples, pitch=factor, tempo=tempo)
    assert len(shifted) == pytest.approx(len(bursts.samples) / tempo, abs=320)
    np.testing.assert_allclose(find_onsets(shifted), np.array(ONSETS_S) / tempo, atol=0.03)


def test_a_missing_program_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependency, match="apt-get install rubberband-cli"):
        change_voice(vowel(), pitch=1.0, formants=1.1, tempo=1.0)
    with pytest.raises(MissingDependency, match="apt-get install rubberband-cli"):
        shift_voice(vowel(), pitch=1.1, tempo=1.0)


@pytest.mark.parametrize("pitch_hz", [90, 150, 250, 350])
def test_a_whisper_has_no_period(pitch_hz):
    voice = vowel(pitch_hz, pitch_hz)
    whispered = whisper(voice, np.random.default_rng(1))
    assert (pitch(voice)[10:-10] > 0).mean() > 0.9
    # Noise itself is called voiced now and then: `test_noise_has_no_pitch`.
    assert (pitch(whispered) == 0).mean() > 0.8


def test_a_whisper_keeps_the_formants():
    voiced = envelope(vowel())
    whispered = envelope(whisper(vowel(), np.random.default_rng(1)))
    above = slice(90, 300)  # 1.4 to 4.7 kHz
    assert np.corrcoef(voiced[above], whispered[above])[0, 1] > 0.95


def test_a_whisper_has_little_below_1_khz():
    flat = 0.1 * np.random.default_rng(4).standard_normal(32_000).astype(np.float32)
    loss = envelope(flat) - envelope(whisper(flat, np.random.default_rng(1)))
    # At 400 Hz at least (400 / 1300) ** 0.7, which is 0.8 neper or 7 dB.
    assert loss[20:30].mean() > loss[100:300].mean() + 0.7


def test_a_whisper_sets_in_when_the_labels_say(bursts, find_onsets):
    whispered = whisper(bursts.samples, np.random.default_rng(2))
    assert len(whispered) == len(bursts.samples)
    np.testing.assert_allclose(find_onsets(whispered), ONSETS_S, atol=0.03)


@pytest.mark.usefixtures("rubberband")
def test_a_shout_is_higher_brighter_and_squeezed():
    plain, shouted = vowel(), shout(vowel(), np.random.default_rng(3))
    assert 1.2 < median_pitch_hz(shouted) / median_pitch_hz(plain) < 1.75
    treble, bass = slice(150, 300), slice(8, 40)  # 2.3 to 4.7 kHz, 120 to 620 Hz
    before, after = envelope(plain), envelope(shouted)
    assert (after[treble].mean() - after[bass].mean()) > before[treble].mean() - before[bass].mean()
    crests = [np.abs(sound).max() / sound.std() for sound in (plain, shouted)]
    assert crests[1] < 0.7 * crests[0]


@pytest.mark.usefixtures("rubberband")
@pytest.mark.parametrize("seed", range(3))
def test_a_shout_sets_in_when_the_labels_say(bursts, find_onsets, seed):
    shouted = shout(bursts.samples, np.random.default_rng(seed))
    assert len(shouted) == pytest.approx(len(bursts.samples), abs=320)
    np.testing.assert_allclose(find_onsets(shouted), ONSETS_S, atol=0.03)


def test_silence_stays_finite():
    assert np.isfinite(whisper(np.zeros(8000, np.float32), np.random.default_rng(1))).all()
