from __future__ import annotations

import pickle

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.evaluation.flame_masks import read_masks

REGIONS = {"lips": [5, 3, 3], "forehead": [8, 9], "eye_region": [9, 7], "nose": [1]}
LANDMARKS = np.arange(68) % 10


@pytest.fixture
def write(tmp_path):
    def save(**regions):
        path = tmp_path / "masks.npz"
        np.savez(path, **{name: np.asarray(value) for name, value in regions.items()})
        return path

    return save


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_masks_of_flame_have_their_upper_face_put_together(tmp_path, protocol):
    path = tmp_path / "FLAME_masks.pkl"
    regions = {name: np.array(value) for name, value in REGIONS.items()}
    path.write_bytes(pickle.dumps(regions, protocol))

    masks = read_masks(path, 10)

    assert masks.lips.tolist() == [3, 5]
    assert masks.upper_face.tolist() == [7, 8, 9]
    assert masks.landmarks is None


def test_an_upper_face_of_its_own_goes_first(write):
    masks = read_masks(write(**REGIONS, upper_face=[2, 0]), 10)

    assert masks.upper_face.tolist() == [0, 2]


def test_landmarks_may_be_vertices(write):
    masks = read_masks(write(**REGIONS, landmark_vertices=LANDMARKS), 10)
    vertices = np.random.default_rng(0).standard_normal((2, 10, 3))

    np.testing.assert_allclose(masks.landmarks.on(vertices), vertices[:, LANDMARKS], atol=1e-15)


def test_landmarks_may_lie_in_triangles(write):
    corners = np.stack([LANDMARKS, (LANDMARKS + 1) % 10, (LANDMARKS + 2) % 10], axis=1)
    weights = np.tile([0.5, 0.25, 0.25], (68, 1))
    path = write(**REGIONS, landmark_vertices=corners, landmark_weights=weights)
    vertices = np.random.default_rng(0).standard_normal((2, 10, 3))

    placed = read_masks(path, 10).landmarks.on(vertices)

    expected = vertices[:, 8] / 2 + vertices[:, 9] / 4 + vertices[:, 0] / 4
    np.testing.assert_allclose(placed[:, 8], expected, atol=1e-15)


@pytest.mark.parametrize(
    ("regions", "message"),
    [
        ({"forehead": [1], "eye_region": [2]}, "no region 'lips'; expected lips, and upper_face"),
        ({"lips": [1], "forehead": [2]}, "no region 'eye_region'.*it has forehead, lips"),
        ({**REGIONS, "lips": [1, 10]}, "lips: vertex 10; allowed: 0 to 9"),
        ({**REGIONS, "lips": [-1]}, "lips: vertex -1; allowed: 0 to 9"),
        ({**REGIONS, "forehead": [0.5]}, "forehead: 1 values of type float64; expected vertex"),
        ({**REGIONS, "lips": np.zeros(0, int)}, "lips: 0 values"),
        ({**REGIONS, "landmark_vertices": [1, 2]}, r"landmark_vertices has shape \(2,\); expected"),
        (
            {**REGIONS, "landmark_vertices": np.ones((68, 3), int)},
            r"landmark_weights of shape \(0,\); expected \(68, 3\), each row 1 together",
        ),
        (
            {
                **REGIONS,
                "landmark_vertices": np.ones((68, 3), int),
                "landmark_weights": np.ones((68, 3)),
            },
            "each row 1 together",
        ),
    ],
)
def test_masks_that_do_not_fit_are_refused(write, regions, message):
    with pytest.raises(InvalidRequest, match=message):
        read_masks(write(**regions), 10)


def test_a_pickle_that_would_run_something_is_refused(tmp_path):
    path = tmp_path / "masks.pkl"
    path.write_bytes(b"cos\nsystem\n(S'true'\ntR.")

    with pytest.raises(InvalidRequest, match="refused"):
        read_masks(path, 10)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidRequest, match=r"none\.npz"):
        read_masks(tmp_path / "none.npz", 10)
