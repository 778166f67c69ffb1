from __future__ import annotations

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.evaluation.flame_clips import check_repetitions, find_pairs, read_flame_clip
from posecast.rig.flame_files import write_coefficients


@pytest.fixture
def folders(tmp_path, make_coefficients):
    truth, predicted = tmp_path / "true", tmp_path / "made"
    for folder in (truth, predicted):
        folder.mkdir()
        for seed, name in enumerate(("b", "a")):
            write_coefficients(folder / f"{name}.npz", [make_coefficients(seed)])
    return truth, predicted


def test_files_of_one_name_are_a_pair(folders):
    truth, predicted = folders
    (truth / "notes.txt").touch()
    (predicted / "more.npz").touch()

    pairs = find_pairs(truth, predicted)

    assert list(pairs) == ["a", "b"]
    assert pairs["a"] == (truth / "a.npz", predicted / "a.npz")


def test_two_files_are_a_pair_whatever_their_names(folders):
    truth, predicted = folders

    pairs = find_pairs(truth / "a.npz", predicted / "b.npz")

    assert pairs == {"a": (truth / "a.npz", predicted / "b.npz")}


def test_missing_prediction_is_named(folders):
    truth, predicted = folders
    (predicted / "b.npz").unlink()

    with pytest.raises(InvalidRequest, match=r"no b\.npz, the prediction of .*; 1 of 2 clips"):
        find_pairs(truth, predicted)


def test_paths_that_are_no_pairs_are_refused(folders, tmp_path):
    truth, predicted = folders
    (tmp_path / "empty").mkdir()

    with pytest.raises(InvalidRequest, match="gone: no such file or folder"):
        find_pairs(truth, tmp_path / "gone")
    with pytest.raises(InvalidRequest, match="expected two folders or two files"):
        find_pairs(truth, predicted / "a.npz")
    with pytest.raises(InvalidRequest, match=r"empty: no clips; expected files \.npz"):
        find_pairs(tmp_path / "empty", predicted)


def test_takes_are_cut_to_the_shortest(tmp_path, make_coefficients):
    truth, predicted = tmp_path / "true.npz", tmp_path / "made.npz"
    write_coefficients(truth, [make_coefficients(0, num_frames=90)])
    write_coefficients(predicted, [make_coefficients(seed, num_frames=80) for seed in (1, 2)])

    clip = read_flame_clip("clip", truth, predicted)

    assert [len(take) for take in (clip.truth, *clip.predictions)] == [80, 80, 80]
    assert clip.truth.shape == pytest.approx(make_coefficients(0).shape)
    np.testing.assert_array_equal(
        clip.truth.expression, make_coefficients(0, num_frames=90).expression[:80]
    )


def test_shape_of_the_prediction_stands_in_for_a_missing_one(tmp_path, make_coefficients):
    truth, predicted = tmp_path / "true.npz", tmp_path / "made.npz"
    np.savez(truth, exp=np.zeros((80, 50)), pose=np.zeros((80, 6)))
    write_coefficients(predicted, [make_coefficients(1)])

    assert read_flame_clip("clip", truth, predicted).truth.shape == pytest.approx(
        make_coefficients(1).shape
    )


def test_another_clip_is_told_by_its_length(tmp_path, make_coefficients):
    truth, predicted = tmp_path / "true.npz", tmp_path / "made.npz"
    write_coefficients(truth, [make_coefficients(0, num_frames=106)])
    write_coefficients(predicted, [make_coefficients(1)])

    with pytest.raises(
        InvalidRequest, match="106 and 80 frames; allowed: a difference of up to 25"
    ):
        read_flame_clip("clip", truth, predicted)


def test_truth_of_several_takes_is_refused(tmp_path, make_coefficients):
    truth = tmp_path / "true.npz"
    write_coefficients(truth, [make_coefficients(seed) for seed in (0, 1)])

    with pytest.raises(InvalidRequest, match="2 takes; allowed: 1, which is the truth"):
        read_flame_clip("clip", truth, truth)


def test_no_frames_are_refused(tmp_path):
    path = tmp_path / "none.npz"
    np.savez(path, exp=np.zeros((0, 50)), pose=np.zeros((0, 6)))

    with pytest.raises(InvalidRequest, match="no frames"):
        read_flame_clip("clip", path, path)


def test_clips_need_as_many_repetitions_each():
    check_repetitions({"a": 3, "b": 3})

    with pytest.raises(InvalidRequest, match="2 predictions of the clip 'c', 3 of 'a'; allowed"):
        check_repetitions({"a": 3, "b": 3, "c": 2})
