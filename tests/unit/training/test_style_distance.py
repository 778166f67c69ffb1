"""The fitted distance weighs by errors, keeps what differs, and goes into a package."""

import shutil

import numpy as np
import pytest

from posecast import checkpoints
from posecast.conditioning.style import load_styles
from posecast.conditioning.style_distance import NUM_LIFE, StyleDistance
from posecast.conditioning.style_gestures import GestureReadout
from posecast.errors import InvalidRequest
from posecast.session.engine import AnimationEngine
from posecast.signals import Waveform
from posecast.training import style_distance
from posecast.training.style_distance import (
    ReadBack,
    fit_distance,
    open_reader,
    read_styles_back,
    write_readings,
)

DIM = 6


def draw(rng, count, error):
    """Styles of which three numbers of the vector differ, with errors of each number."""
    asked = rng.standard_normal((count, DIM + NUM_LIFE))
    asked[:, 3:DIM] = 0.0
    takes = asked[:, None, :DIM] + 0.1 * rng.standard_normal((count, 2, DIM))
    found = asked + error * rng.standard_normal(asked.shape)
    return ReadBack(takes, asked, found)


def share_found(distance, read):
    found, asked = (numbers @ distance.directions for numbers in (read.found, read.asked))
    apart = np.linalg.norm(found[:, None] - asked, axis=-1)
    return float((apart.argmin(axis=1) == np.arange(len(found))).mean())


def test_numbers_that_do_not_come_back_count_little():
    rng = np.random.default_rng(0)
    error = np.full(DIM + NUM_LIFE, 0.1)
    error[[0, DIM]] = 5.0  # what one number of the vector and the blinks say is noise
    read, others = draw(rng, 400, error), draw(rng, 200, error)

    distance = fit_distance(read)

    assert share_found(distance, others) > 0.9
    assert share_found(StyleDistance(np.eye(DIM + NUM_LIFE)), others) < 0.3


def test_errors_have_unit_variance_in_all_directions():
    rng = np.random.default_rng(1)
    error = rng.uniform(0.05, 2.0, DIM + NUM_LIFE)
    distance = fit_distance(draw(rng, 400, error))

    read = draw(rng, 2000, error)
    errors = (read.found - read.asked) @ distance.directions
    np.testing.assert_allclose(errors.std(axis=0), 1.0, rtol=0.25)  # covariances are shrunk


def test_directions_in_which_clips_of_one_style_differ_as_much_are_left_out():
    read = draw(np.random.default_rng(2), 400, 0.1)

    distance = fit_distance(read)

    assert distance.directions.shape == (DIM + NUM_LIFE, 3 + NUM_LIFE)
    np.testing.assert_allclose(distance.directions[3:DIM], 0, atol=1.5)
    assert np.abs(distance.directions[:3]).max() > 5


def test_what_always_comes_back_smaller_counts_less():
    rng = np.random.default_rng(3)
    read = draw(rng, 400, 0.1)
    shrunk = read.found.copy()
    shrunk[:, 0] *= 0.2

    plain, weighed = (
        fit_distance(ReadBack(read.takes, read.asked, f)) for f in (read.found, shrunk)
    )

    unit = np.eye(DIM + NUM_LIFE)[0]
    assert np.linalg.norm(unit @ weighed.directions) < 0.3 * np.linalg.norm(unit @ plain.directions)


def test_too_few_styles_are_refused():
    with pytest.raises(InvalidRequest, match="20 styles; allowed: more than 32"):
        fit_distance(draw(np.random.default_rng(4), 20, 0.1))


@pytest.fixture
def package(tiny_package, tmp_path):
    return shutil.copytree(tiny_package, tmp_path / "model")


def test_a_package_gets_its_distance_and_stays_what_it_is(package):
    before = AnimationEngine.load(package)
    directions = np.arange(40, dtype=np.float32).reshape(20, 2)

    write_readings(package, distance=StyleDistance(directions))

    after = AnimationEngine.load(package)  # verifies the checksums
    np.testing.assert_array_equal(after.styles.distance.directions, directions)
    assert after.config == before.config
    assert after.styles.names == before.styles.names
    for name in after.styles.names:
        np.testing.assert_array_equal(after.styles.get(name).vector, before.styles.get(name).vector)
        assert after.styles.describe(name) == before.styles.describe(name)
    write_readings(package, distance=StyleDistance(2 * directions))
    again = load_styles(package / checkpoints.STYLES_FILE, 16)
    np.testing.assert_array_equal(again.distance.directions, 2 * directions)


def test_each_way_to_read_a_style_leaves_the_other_as_it_is(package):
    distance = StyleDistance(np.ones((20, 2), np.float32))
    gestures = GestureReadout(np.full((17, 2), 0.5, np.float32))

    write_readings(package, distance=distance)
    write_readings(package, gestures=gestures)

    styles = AnimationEngine.load(package).styles
    np.testing.assert_array_equal(styles.distance.directions, distance.directions)
    np.testing.assert_array_equal(styles.gestures.weights, gestures.weights)
    write_readings(package, distance=StyleDistance(2 * distance.directions))
    styles = AnimationEngine.load(package).styles
    np.testing.assert_array_equal(styles.distance.directions, 2 * distance.directions)
    np.testing.assert_array_equal(styles.gestures.weights, gestures.weights)


def test_styles_are_asked_of_the_model_and_read_off_its_faces(
    package, utterances, speech_like, monkeypatch
):
    speech = [Waveform(samples=np.tile(speech_like, 2), sample_rate_hz=16_000)]
    monkeypatch.setattr(style_distance, "training_speech", lambda folder, count: speech)
    reader = open_reader(package, utterances, None)

    read = read_styles_back(reader, count=3)

    assert read.takes.shape == (3, 2, 16)
    assert read.asked.shape == read.found.shape == (3, 16 + NUM_LIFE)
    for numbers in (read.takes[:, 0], read.asked, read.found):
        assert np.isfinite(numbers).all()
        assert (np.ptp(numbers, axis=0) > 0).any()  # other styles, other faces
    assert np.abs(read.asked - read.found)[:, -2].mean() < 1.0  # a head obeys whatever the network
