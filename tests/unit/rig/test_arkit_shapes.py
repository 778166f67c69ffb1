"""ARKit's shapes from OBJ files and archives."""

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.rig.arkit_shapes import read_arkit_shapes

NEUTRAL = np.array([[0.0, 0, 0], [0, 1, 0], [1, 0, 0.25]])
OPEN = np.array([[0.0, -0.1, 0], [0, 1, 0], [1, 0, 0.25]])
SMILE = np.array([[0.0, 0, 0], [0.05, 1, 0], [1, 0, 0.25]])


@pytest.fixture
def archive(tmp_path):
    """Writes an .npz with changes; None leaves a shape out."""

    def call(**changes):
        shapes = {"neutral": NEUTRAL, "jawOpen": OPEN, "mouthSmileLeft": SMILE, **changes}
        path = tmp_path / "shapes.npz"
        np.savez(path, **{name: values for name, values in shapes.items() if values is not None})
        return path

    return call


@pytest.fixture
def folder(tmp_path):
    """Writes OBJ files by their stems, with normals and faces that do not matter."""

    def call(**shapes):
        made = tmp_path / "shapes"
        made.mkdir(exist_ok=True)
        for name, vertices in shapes.items():
            lines = [f"v {x} {y} {z}" for x, y, z in vertices]
            text = "\n".join(["# a mesh", *lines, "vn 0 0 1", "vt 0 0", "f 1//1 2//1 3//1"])
            (made / f"{name}.obj").write_text(text + "\n")
        (made / "notes.txt").write_text("left aside")
        return made

    return call


def test_shapes_of_an_archive_are_displacements(archive):
    shapes = read_arkit_shapes(archive())

    assert list(shapes.displacements) == ["jawOpen", "mouthSmileLeft"]
    np.testing.assert_array_equal(shapes.neutral, NEUTRAL)
    np.testing.assert_allclose(shapes.displacements["jawOpen"], OPEN - NEUTRAL)


def test_a_folder_of_meshes_gives_the_same(archive, folder):
    meshes = read_arkit_shapes(folder(Neutral=NEUTRAL, jawOpen=OPEN, MOUTHSMILELEFT=SMILE))
    arrays = read_arkit_shapes(archive())

    np.testing.assert_array_equal(meshes.neutral, arrays.neutral)
    assert list(meshes.displacements) == list(arrays.displacements)
    for name, displacement in arrays.displacements.items():
        np.testing.assert_array_equal(meshes.displacements[name], displacement)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"neutral": None}, "neutral is missing"),
        ({"jawOpen": None}, "jawOpen is missing"),
        ({"smile": SMILE}, "'smile' is neither neutral nor one of the 52 ARKit curves"),
        ({"jawOpen": OPEN[:2]}, "jawOpen has 2 vertices; neutral has 3"),
        ({"jawOpen": OPEN.ravel()}, r"jawOpen is float64 of shape \(9,\); expected numbers"),
        ({"jawOpen": np.full((3, 3), np.inf)}, "jawOpen is not finite"),
        ({"jawOpen": OPEN - NEUTRAL}, r"jawOpen lies 1 off neutral; .*not their displacements"),
        ({"jawOpen": np.array([["a"] * 3] * 3)}, "jawOpen is <U1"),
    ],
    ids=["neutral", "jaw", "name", "vertices", "flat", "infinite", "displacements", "text"],
)
def test_other_archives_are_refused(archive, changes, message):
    with pytest.raises(InvalidRequest, match=rf"shapes.npz: {message}"):
        read_arkit_shapes(archive(**changes))


def test_a_damaged_mesh_is_named_with_its_line(folder):
    path = folder(neutral=NEUTRAL, jawOpen=OPEN)
    (path / "jawOpen.obj").write_text("v 0 0 0\nv 1 one 1\n")
    with pytest.raises(InvalidRequest, match=r"jawOpen.obj: line 2: could not convert"):
        read_arkit_shapes(path)


def test_a_mesh_without_vertices_is_refused(folder):
    path = folder(neutral=NEUTRAL, jawOpen=[])
    with pytest.raises(InvalidRequest, match=r"jawOpen.obj: no vertices"):
        read_arkit_shapes(path)


def test_something_else_than_meshes_or_an_archive_is_refused(tmp_path):
    with pytest.raises(InvalidRequest, match=r"expected a folder of OBJ files, or an .npz"):
        read_arkit_shapes(tmp_path / "shapes.fbx")
