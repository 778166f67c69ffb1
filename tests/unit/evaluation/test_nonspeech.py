from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.nonspeech import (
    DURATION_S,
    SOUNDS,
    Stillness,
    format_stillness,
    make_sound,
    measure_stillness,
)


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_lasts_and_is_the_same_every_time(name):
    sound = make_sound(name)

    assert sound.duration_s == DURATION_S
    assert np.isfinite(sound.samples).all()
    np.testing.assert_array_equal(sound.samples, make_sound(name).samples)
    level = float(np.sqrt(np.square(sound.samples).mean()))
    assert level == (0 if name == "silence" else pytest.approx(0.1, rel=0.05))


def levels(name, frame_s=0.5):
    frames = make_sound(name).samples.reshape(-1, round(frame_s * 16_000))
    return np.sqrt(np.square(frames).mean(axis=1))


def test_street_swells_and_hum_does_not():
    street, hum = levels("street"), levels("hum")

    assert street.max() > 2 * street.min()
    assert hum.max() < 1.01 * hum.min()


def test_music_has_tones_and_beats():
    song = make_sound("music").samples.astype(np.float64)
    power = np.abs(np.fft.rfft(song)) ** 2
    frequencies_hz = np.fft.rfftfreq(len(song), 1 / 16_000)
    near_a = np.abs(frequencies_hz - 220) < 3
    beside_a = (np.abs(frequencies_hz - 220) > 6) & (np.abs(frequencies_hz - 220) < 20)

    beats = levels("music", frame_s=0.125)
    onsets, rests = beats[::4], beats[3::4]

    assert power[near_a].mean() > 30 * power[beside_a].mean()
    assert onsets.mean() > 1.2 * rests.mean()


def test_lips_are_measured_and_seeds_give_their_median(make_frames):
    apertures = [np.full(100, 0.02), np.full(100, 0.04), np.where(np.arange(100) < 90, 0.0, 0.5)]

    figures = measure_stillness([make_frames(100, jawOpen=values) for values in apertures])

    assert figures.mean_aperture == pytest.approx(0.04)
    assert figures.high_aperture == pytest.approx(0.04)
    assert figures.parted_share == 0
    single = measure_stillness([make_frames(100, jawOpen=apertures[2])])
    assert single.parted_share == pytest.approx(0.1)
    assert single.high_aperture == pytest.approx(0.5)


def test_table_has_a_row_a_sound():
    figures = Stillness(mean_aperture=0.0123, high_aperture=0.2, parted_share=0.25)

    lines = format_stillness({"model": {"music": figures}}).splitlines()

    assert lines[-1].split() == ["model:", "music", "0.012", "0.200", "0.25"]
