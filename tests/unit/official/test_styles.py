"""Styles of a published model: what it takes for none, and files of one vector each."""

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.official.styles import collect_styles

NULL = np.full(128, 0.5, np.float32)


def save(path, value):
    np.save(path, np.full(128, value, np.float32))
    return path


def test_a_model_has_its_own_style_at_least():
    styles = collect_styles([], NULL)

    assert styles.names == ("neutral",)
    np.testing.assert_array_equal(styles.get("neutral").vector, NULL)
    assert styles.describe("neutral") == "what the model takes for no style"


def test_files_and_folders_are_named_by_their_files(tmp_path):
    folder = tmp_path / "iter_0026000"
    folder.mkdir()
    save(folder / "smile.npy", 1)
    save(folder / "big_mouth.npy", 2)
    (folder / "notes.txt").write_text("not a style")
    own = save(tmp_path / "anna.npy", 3)

    styles = collect_styles([own, folder], NULL)

    assert styles.names == ("neutral", "anna", "big_mouth", "smile")
    assert styles.get("smile").vector[0] == 1
    assert styles.describe("big_mouth") == "the vector of big_mouth.npy"


def test_a_file_takes_the_place_of_the_models_own_style(tmp_path):
    styles = collect_styles([save(tmp_path / "neutral.npy", 4)], NULL)

    assert styles.names == ("neutral",)
    assert styles.get("neutral").vector[0] == 4
    assert styles.describe("neutral") == "the vector of neutral.npy"


def test_what_is_no_style_is_refused_by_its_file(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    twice = [save(tmp_path / side / "smile.npy", 1) for side in "ab"]
    np.save(tmp_path / "wide.npy", np.zeros(64, np.float32))
    for sources, message in (
        ([tmp_path / "empty"], r"empty: no \.npy file in this folder"),
        (twice, r"b/smile\.npy: a second style of the name 'smile'"),
        ([tmp_path / "wide.npy"], r"wide\.npy: a style of shape \(64,\)"),
        ([save(tmp_path / "a,b.npy", 1)], "style name 'a,b'; allowed"),
        ([tmp_path / "gone.npy"], r"gone\.npy"),
    ):
        with pytest.raises(InvalidRequest, match=message):
            collect_styles(sources, NULL)


def test_a_model_without_style_takes_none(tmp_path):
    nothing = np.zeros(0, np.float32)

    assert collect_styles([], nothing).get("neutral").vector.shape == (0,)
    with pytest.raises(InvalidRequest, match="a style of 128 values; the model's have 0"):
        collect_styles([save(tmp_path / "smile.npy", 1)], nothing)
