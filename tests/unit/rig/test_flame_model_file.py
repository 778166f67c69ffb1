"""A licensed model's file: an archive or a pickle of the same arrays."""

import os
import pickle

import numpy as np
import pytest

from posecast.errors import CheckpointMismatch
from posecast.rig.flame_model_file import read_flame_model


@pytest.fixture
def arrays(toy_head):
    """A model file's arrays under FLAME's names."""
    model = toy_head.model
    vertices = model.num_vertices
    basis = np.zeros((vertices, 3, 400))
    basis[..., :100], basis[..., 300:350] = model.shape_basis, model.expression_basis
    basis[..., 100:300], basis[..., 350:] = 7, 7  # left aside
    return {
        "v_template": model.template.astype(np.float64),
        "shapedirs": basis,
        "posedirs": model.pose_basis.T.reshape(vertices, 3, 36),
        "J_regressor": model.joint_regressor,
        "weights": model.skinning_weights,
        "kintree_table": np.array([[4294967295, 0, 1, 1, 1], range(5)], np.uint32),
        "f": np.zeros((4, 3), np.uint32),
    }


@pytest.fixture
def write(arrays, tmp_path):
    """Writes a model file with changes; None leaves an array out."""

    def call(suffix, **changes):
        kept = {key: value for key, value in {**arrays, **changes}.items() if value is not None}
        path = tmp_path / f"generic_model{suffix}"
        if suffix == ".npz":
            np.savez(path, **kept)
        else:
            path.write_bytes(pickle.dumps({**kept, "bs_style": "lbs"}, 2))
        return path

    return call


@pytest.mark.parametrize("suffix", [".npz", ".pkl"])
def test_a_model_is_read_from_either_kind_of_file(write, toy_head, suffix):
    model = read_flame_model(write(suffix))

    for name in ("template", "shape_basis", "expression_basis", "pose_basis", "joint_regressor",
                 "skinning_weights", "parents"):  # fmt: skip
        np.testing.assert_array_equal(getattr(model, name), getattr(toy_head.model, name))
    assert model.template.dtype == np.float32


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"posedirs": None}, "posedirs is missing"),
        ({"v_template": np.zeros((5, 2))}, r"v_template has shape \(5, 2\); expected \(any, 3\)"),
        ({"weights": np.zeros((3, 5))}, r"weights has shape \(3, 5\); expected \(290, 5\)"),
        ({"weights": "many"}, "weights is not an array of numbers"),
        ({"v_template": np.full((290, 3), np.nan)}, "template is not finite"),
        ({"kintree_table": np.array([[9, 3, 1, 1, 1], range(5)])}, r"parents \[-1, 3, 1, 1, 1\]"),
    ],
    ids=["missing", "flat", "other-mesh", "text", "nan", "joints"],
)
def test_other_models_are_refused(write, changes, message):
    with pytest.raises(CheckpointMismatch, match=rf"generic_model.pkl: .*{message}"):
        read_flame_model(write(".pkl", **changes))


def test_a_basis_without_expressions_is_refused(write, arrays):
    with pytest.raises(CheckpointMismatch, match="shapedirs has 300 columns; expected 350 or more"):
        read_flame_model(write(".npz", shapedirs=arrays["shapedirs"][..., :300]))


def test_a_malicious_model_file_is_refused_before_it_runs(write, tmp_path):
    mark = tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return os.system, (f"touch {mark}",)

    with pytest.raises(CheckpointMismatch, match=r"generic_model.pkl: .*system, which is refused"):
        read_flame_model(write(".pkl", trap=Trap()))
    assert not mark.exists()


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(CheckpointMismatch, match=r"unknown suffix '.obj'; allowed: .npz, .pkl"):
        read_flame_model(tmp_path / "head.obj")
