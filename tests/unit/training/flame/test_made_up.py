"""Made-up persons: the sound drives the face, the person shows, and both are reproducible."""

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.training.flame.made_up import TONES_HZ, make_up_head, write_made_up_clips
from posecast.training.flame.open_clips import open_clips


def loudness(samples, tone_hz):
    """Level of a tone in each frame, within a tenth of its frequency. [T]"""
    frames = samples.reshape(-1, 640) * np.hanning(640)
    spectrum = np.abs(np.fft.rfft(frames, 2048, axis=1))
    near = np.abs(np.fft.rfftfreq(2048, 1 / 16_000) / tone_hz - 1) < 0.2
    return spectrum[:, near].max(axis=1)


def test_levels_of_the_tones_are_seen_in_jaw_and_lips(clip_folder):
    clips = open_clips(clip_folder)
    key = clips.keys(None)[0]
    coefficients, samples = clips.coefficients(key, 0, 130), clips.samples(key, 0, 130)
    driven = [coefficients.pose[:, 3], coefficients.expression[:, 0], coefficients.expression[:, 1]]

    table = [
        [np.corrcoef(loudness(samples, tone), curve)[0, 1] for tone in TONES_HZ] for curve in driven
    ]

    assert min(table[index][index] for index in range(3)) > 0.75
    assert all(row.index(max(row)) == index for index, row in enumerate(table))


def test_the_same_seed_makes_the_same_persons_and_another_others(tmp_path):
    def make(name, seed):
        folder = tmp_path / name
        write_made_up_clips(folder, num_persons=2, clips_each=1, seconds=1, seed=seed)
        clips = open_clips(folder)
        assert clips.keys(None) == ("person000/000", "person001/000")
        return [clips.coefficients(key, 0, 25) for key in clips.keys(None)]

    one, again, other = make("one", 1), make("again", 1), make("other", 2)

    np.testing.assert_array_equal(one[0].expression, again[0].expression)
    assert not np.array_equal(one[0].expression, other[0].expression)
    assert not np.array_equal(one[0].shape, one[1].shape)
    assert (one[0].pose[:, 4:] == 0).all()


def test_nothing_is_refused(tmp_path):
    with pytest.raises(InvalidRequest, match="0 persons"):
        write_made_up_clips(tmp_path, num_persons=0, clips_each=1, seconds=1, seed=1)


def test_the_made_up_heads_chin_follows_the_jaw():
    from posecast.rig.flame_layer import FlameLayer

    head = make_up_head()
    pose = np.zeros((2, 6), np.float32)
    pose[1, 3] = 0.2
    vertices = FlameLayer(head).vertices(None, np.zeros((2, 50), np.float32), pose)
    moved = np.linalg.norm(vertices[1] - vertices[0], axis=-1)

    lowest, highest = head.template[:, 1].argmin(), head.template[:, 1].argmax()
    assert moved[lowest] > 0.01 > moved[highest]
