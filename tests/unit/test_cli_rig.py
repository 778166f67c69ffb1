"""`posecast rig fit` from the user's files to the map and its quality."""

import json
import pickle
import re

import numpy as np
import pytest

from posecast import cli
from posecast.rig.flame import FlameCoefficients
from posecast.rig.flame_rig import FlameRig


@pytest.fixture
def flame_file(toy_head, tmp_path):
    """The toy head as a licensed model's file would be."""
    model = toy_head.model
    basis = np.zeros((model.num_vertices, 3, 400), np.float32)
    basis[..., :100], basis[..., 300:350] = model.shape_basis, model.expression_basis
    arrays = {
        "v_template": model.template,
        "shapedirs": basis,
        "posedirs": model.pose_basis.T.reshape(model.num_vertices, 3, 36),
        "J_regressor": model.joint_regressor,
        "weights": model.skinning_weights,
        "kintree_table": np.array([[4294967295, 0, 1, 1, 1], range(5)], np.uint32),
    }
    path = tmp_path / "generic_model.pkl"
    path.write_bytes(pickle.dumps(arrays, 2))
    return path


@pytest.fixture
def shapes_file(toy_head, tmp_path):
    path = tmp_path / "shapes.npz"
    np.savez(path, **toy_head.positions)
    return path


@pytest.fixture
def files(flame_file, shapes_file, tmp_path):
    return {"flame": flame_file, "arkit": shapes_file, "output": tmp_path / "map.npz"}


@pytest.fixture
def fit(capsys):
    """Runs the command; returns status, stdout and stderr."""

    def call(flame, arkit, output):
        arguments = ["rig", "fit", "--flame", flame, "--arkit", arkit, "-o", output]
        status = cli.main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return call


def test_fit_writes_a_map_and_tells_its_quality(fit, flame_file, shapes_file, tmp_path):
    status, out, err = fit(flame_file, shapes_file, tmp_path / "map.npz")

    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["curve", "moves", "not", "made", "comes", "back"]
    table = {line.split()[0]: line for line in lines[1:53]}
    assert table["jawOpen"].split() == ["jawOpen", "34.9", "mm", "0%", "1.00"]
    assert table["cheekPuff"].endswith("stays 0")
    assert table["tongueOut"].endswith("no shape")
    assert "of random FLAME faces" in lines[53]
    assert lines[54].startswith("FLAME cannot make, so 0 in every frame: ")
    assert "cheekPuff, noseSneerLeft, noseSneerRight" in lines[54]
    assert "tongueOut" not in lines[54]
    assert lines[55].endswith("map.npz: 40 of 52 curves")


def test_the_map_makes_faces_and_tells_where_it_is_from(fit, flame_file, shapes_file, tmp_path):
    fit(flame_file, shapes_file, tmp_path / "map.npz")
    pose = np.zeros((1, 6), np.float32)
    pose[0, 3] = 0.3

    coefficients = FlameCoefficients(expression=np.zeros((1, 50), np.float32), pose=pose)
    weights, _ = FlameRig.fitted(tmp_path / "map.npz").face(coefficients)

    assert weights[0, 17] == pytest.approx(1, abs=0.01)
    with np.load(tmp_path / "map.npz", allow_pickle=False) as arrays:
        told = json.loads(str(arrays["provenance"]))
    assert (told["flame"], told["arkit"]) == ("generic_model.pkl", "shapes.npz")
    assert len(told["flame_sha256"]) == len(told["arkit_sha256"]) == 64


def test_a_folder_of_meshes_gives_the_same_map(fit, toy_head, flame_file, shapes_file, tmp_path):
    folder = tmp_path / "shapes"
    folder.mkdir()
    for name, vertices in toy_head.positions.items():
        lines = [f"v {x!r} {y!r} {z!r}" for x, y, z in vertices.tolist()]
        (folder / f"{name}.obj").write_text("\n".join(lines) + "\n")

    assert fit(flame_file, folder, tmp_path / "meshes.npz")[0] == 0
    assert fit(flame_file, shapes_file, tmp_path / "arrays.npz")[0] == 0

    with np.load(tmp_path / "meshes.npz") as meshes, np.load(tmp_path / "arrays.npz") as arrays:
        np.testing.assert_array_equal(meshes["slopes"], arrays["slopes"])


@pytest.mark.parametrize(
    ("changed", "name", "status", "message"),
    [
        ("output", "map.csv", 2, "map.csv: unknown suffix '.csv'; allowed: .npz"),
        ("output", "no/map.npz", 2, "the folder .*no does not exist"),
        ("flame", "gone.pkl", 1, "gone.pkl: No such file"),
        ("arkit", "gone", 1, "gone: expected a folder of OBJ files, or an .npz"),
    ],
    ids=["suffix", "folder", "model", "shapes"],
)
def test_wrong_arguments_are_told_in_one_line(files, fit, changed, name, status, message):
    given = {**files, changed: files["output"].parent / name}

    ended, out, err = fit(**given)

    assert (ended, out) == (status, "")
    assert err.count("\n") == 1
    assert re.search(message, err)
    assert not given["output"].exists()
