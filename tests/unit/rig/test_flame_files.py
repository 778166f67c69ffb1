"""Files of coefficients, shapes and styles in the published forms."""

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.rig.flame import FlameCoefficients
from posecast.rig.flame_files import (
    read_coefficients,
    read_shape,
    read_style_vector,
    write_coefficients,
    write_style_vector,
)

RNG = np.random.default_rng(9)
SHAPE = RNG.normal(size=100).astype(np.float32)
EXP = RNG.normal(size=(2, 5, 50)).astype(np.float32)
POSE = RNG.normal(size=(2, 5, 6)).astype(np.float32)


@pytest.fixture
def write(tmp_path):
    """Writes an .npz."""

    def call(**arrays):
        path = tmp_path / "coef.npz"
        np.savez(path, **arrays)
        return path

    return call


@pytest.fixture
def save(tmp_path):
    """Writes an .npy."""

    def call(array):
        path = tmp_path / "array.npy"
        np.save(path, array)
        return path

    return call


@pytest.mark.parametrize("shape", [SHAPE, None], ids=["with-shape", "without"])
def test_takes_come_back_as_they_were_written(tmp_path, shape):
    takes = [FlameCoefficients(expression=EXP[i], pose=POSE[i], shape=shape) for i in range(2)]

    write_coefficients(tmp_path / "coef.npz", takes)
    back = read_coefficients(tmp_path / "coef.npz")

    assert len(back) == 2
    for take, given in zip(back, takes, strict=True):
        np.testing.assert_array_equal(take.expression, given.expression)
        np.testing.assert_array_equal(take.pose, given.pose)
        if shape is None:
            assert take.shape is None
        else:
            np.testing.assert_array_equal(take.shape, shape)


def test_the_written_arrays_are_those_of_the_published_tool(tmp_path):
    take = FlameCoefficients(expression=EXP[0], pose=POSE[0], shape=SHAPE)

    write_coefficients(tmp_path / "coef.npz", [take, take])

    with np.load(tmp_path / "coef.npz", allow_pickle=False) as arrays:
        shapes = {key: arrays[key].shape for key in arrays}
        assert {arrays[key].dtype for key in arrays} == {np.dtype(np.float32)}
        np.testing.assert_array_equal(arrays["shape"][1, 3], SHAPE)
    assert shapes == {"exp": (2, 5, 50), "pose": (2, 5, 6), "shape": (2, 5, 100)}


@pytest.mark.parametrize(
    "shape", [SHAPE, SHAPE[None], np.tile(SHAPE, (5, 1)), np.tile(SHAPE, (1, 5, 1))],
    ids=["row", "one-row", "by-frame", "by-take"],
)  # fmt: skip
def test_one_clip_without_a_dimension_of_takes_is_read(write, shape):
    (take,) = read_coefficients(write(exp=EXP[0].astype(np.float64), pose=POSE[0], shape=shape))

    assert take.expression.dtype == np.float32
    np.testing.assert_array_equal(take.expression, EXP[0])
    np.testing.assert_array_equal(take.shape, SHAPE)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"exp": None}, "key 'exp' is missing; there: pose"),
        ({"exp": EXP[..., :49]}, r"exp has shape \(2, 5, 49\); expected \(frames, 50\) or \(takes"),
        ({"exp": EXP[:1]}, "exp of 1 takes, pose of 2"),
        ({"exp": EXP[:, :4]}, "4 frames of expression with 5 of pose"),
        ({"pose": np.full((2, 5, 6), np.nan)}, "pose is not finite"),
        ({"pose": np.array(["a"])}, "pose is of type <U1; expected numbers"),
        ({"exp": EXP.astype(complex)}, "exp is of type complex"),
        ({"shape": SHAPE[:50]}, r"a shape of shape \(50,\); expected \(100,\)"),
        ({"shape": np.tile(SHAPE, (3, 5, 1))}, "shape of 3 takes, exp of 2"),
        ({"shape": np.zeros((0, 100))}, r"a shape of shape \(0, 100\)"),
    ],
    ids=range(10),
)
def test_other_coefficients_are_refused(write, changes, message):
    arrays = {"exp": EXP, "pose": POSE, **changes}
    path = write(**{key: value for key, value in arrays.items() if value is not None})
    with pytest.raises(InvalidRequest, match=rf"coef.npz: {message}"):
        read_coefficients(path)


def test_takes_of_different_lengths_are_not_written(tmp_path):
    takes = [FlameCoefficients(expression=EXP[0, :n], pose=POSE[0, :n]) for n in (5, 4)]
    with pytest.raises(InvalidRequest, match="takes of 5, 4 frames; expected one length"):
        write_coefficients(tmp_path / "coef.npz", takes)
    with pytest.raises(InvalidRequest, match="takes of none frames"):
        write_coefficients(tmp_path / "coef.npz", [])


def test_a_shape_is_read_from_either_kind_of_file(save, write):
    np.testing.assert_array_equal(read_shape(save(SHAPE)), SHAPE)
    np.testing.assert_array_equal(read_shape(save(np.stack([SHAPE, -SHAPE]))), SHAPE)
    np.testing.assert_array_equal(read_shape(write(shape=np.stack([SHAPE, -SHAPE]))), SHAPE)


def test_other_shapes_are_refused(save, write):
    with pytest.raises(InvalidRequest, match=r"array.npy: a shape of shape \(300,\)"):
        read_shape(save(np.zeros(300)))
    with pytest.raises(InvalidRequest, match=r"coef.npz: key 'shape' is missing; there: betas"):
        read_shape(write(betas=SHAPE))


def test_a_style_comes_back_as_it_was_written(tmp_path):
    vector = RNG.normal(size=128).astype(np.float32)

    write_style_vector(tmp_path / "smile.npy", vector)

    assert (tmp_path / "smile.npy").stat().st_size == 640  # as the published ones
    np.testing.assert_array_equal(read_style_vector(tmp_path / "smile.npy"), vector)


def test_other_styles_are_refused(save, tmp_path):
    with pytest.raises(InvalidRequest, match=r"array.npy: a style of shape \(16,\).*\(128,\)"):
        read_style_vector(save(np.zeros(16)))
    with pytest.raises(InvalidRequest, match="not finite"):
        read_style_vector(save(np.full(128, np.inf)))
    for vector in (np.zeros(16, np.float32), np.full(128, np.nan, np.float32)):
        with pytest.raises(InvalidRequest, match="a style of shape"):
            write_style_vector(tmp_path / "smile.npy", vector)
