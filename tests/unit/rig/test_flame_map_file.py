"""The file of a fitted map."""

import dataclasses

import numpy as np
import pytest

from posecast.errors import CheckpointMismatch
from posecast.rig.flame_map import FlameArkitMap
from posecast.rig.flame_map_file import read_flame_map, write_flame_map


@pytest.fixture
def rewrite(toy_fit, tmp_path):
    """Writes a map's file with changes; None leaves an array out."""

    def call(**changes):
        arrays = {"format_version": 1, **dataclasses.asdict(toy_fit.fitted), **changes}
        path = tmp_path / "map.npz"
        np.savez(path, **{key: values for key, values in arrays.items() if values is not None})
        return path

    return call


def test_a_map_comes_back_as_it_was_written(toy_fit, tmp_path):
    write_flame_map(tmp_path / "map.npz", toy_fit.fitted)
    back = read_flame_map(tmp_path / "map.npz")

    for field in dataclasses.fields(FlameArkitMap):
        given = getattr(toy_fit.fitted, field.name)
        np.testing.assert_array_equal(getattr(back, field.name), given)


def test_equal_maps_give_equal_bytes(toy_fit, tmp_path):
    for name in ("a.npz", "b.npz"):
        write_flame_map(tmp_path / name, toy_fit.fitted)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: {"slopes": None}, "not a map of `posecast rig fit`: slopes is missing"),
        (lambda _: {"format_version": 2}, "format version 2; expected 1"),
        (lambda _: {"jaw_open": np.zeros(3)}, r"jaw_open has shape \(3,\); expected \(81,\)"),
        (lambda fitted: {"normal": fitted.normal * np.nan}, "normal has shape .*, finite"),
        (lambda fitted: {"curves": fitted.curves + 40}, "expected ascending places"),
        (lambda fitted: {"curves": fitted.curves[::-1]}, "expected ascending places"),
        (lambda _: {"normal": np.array(["a"])}, "could not convert"),
    ],
    ids=["missing", "version", "length", "nan", "places", "order", "text"],
)
def test_other_files_are_refused(rewrite, toy_fit, change, message):
    with pytest.raises(CheckpointMismatch, match=rf"map.npz: .*{message}|map.npz: {message}"):
        read_flame_map(rewrite(**change(toy_fit.fitted)))
