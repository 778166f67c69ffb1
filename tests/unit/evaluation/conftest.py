"""Faces and phones whose right answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from posecast.evaluation.alignment import PhoneSegment
from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.rig.flame import FlameCoefficients
from posecast.signals import FaceFrames

OPENNESS = {"SIL": 0.0, "P": 0.0, "B": 0.0, "M": 0.0, "F": 0.12, "IY": 0.25, "T": 0.3, "S": 0.3}
OPENNESS |= {"UW": 0.25, "W": 0.2, "EH": 0.45, "OW": 0.35, "IH": 0.3, "AA": 0.6, "AE": 0.6}
FIRST = "AA T EH P AA T IY S AE T B AE T OW T EH M IH T AA S IY T UW T AA P EH"
SECOND = "T AA F IH T AE M AA T EH S OW B IY T UW W AA T IH P AE S"
SENTENCE = ["SIL", *FIRST.split(), "SIL", *SECOND.split(), "SIL"]


def make_frames(num_frames=100, rate_hz=25, head=None, **curves):
    """A face at rest but for the curves and the head that are given."""
    weights = np.zeros((num_frames, NUM_CURVES), np.float32)
    for name, values in curves.items():
        weights[:, CURVE_INDEX[name]] = values
    if head is None:
        head = np.tile([0, 0, 0, 1], (num_frames, 1))
    return FaceFrames(
        first_index=0, frame_rate_hz=rate_hz, weights=weights, head=head.astype(np.float32)
    )


@pytest.fixture(name="make_frames")
def make_frames_fixture():
    return make_frames


@pytest.fixture
def alignment():
    """A sentence of phones of 130 ms and pauses of 410 ms."""
    lengths = np.array([0.41 if phone == "SIL" else 0.13 for phone in SENTENCE])
    ends = np.cumsum(lengths)
    return tuple(map(PhoneSegment, SENTENCE, (ends - lengths).tolist(), ends.tolist()))


@pytest.fixture
def perfect_face(alignment):
    """Makes a face that does what each phone asks; `delay_s` late, at any rate."""
    ends_s = [segment.end_s for segment in alignment]

    def sample(values, times_s):
        """A step a phone, averaged over the 40 ms around each time."""
        fine_s = times_s[:, None] + (np.arange(40) - 19.5) / 1000
        index = np.minimum(np.searchsorted(ends_s, fine_s, side="right"), len(ends_s) - 1)
        return np.array([values(segment.phone) for segment in alignment])[index].mean(axis=1)

    def make(delay_s=0.0, rate_hz=25):
        num_frames = int(np.ceil(ends_s[-1] * rate_hz))
        times_s = np.arange(num_frames) / rate_hz - delay_s
        return make_frames(
            num_frames,
            rate_hz,
            jawOpen=sample(OPENNESS.__getitem__, times_s),
            mouthRollLower=sample(lambda phone: 0.4 * (phone == "F"), times_s),
            mouthPucker=sample(lambda phone: 0.7 * (phone in {"UW", "W", "OW"}), times_s),
        )

    return make


def _shares(random, *shape):
    values = random.random(shape) ** 4
    return values / values.sum(axis=1, keepdims=True)


@pytest.fixture(scope="session")
def toy_flame(tmp_path_factory):
    """A head model of 60 vertices, as the file that a user would have."""
    random = np.random.default_rng(7)
    path = tmp_path_factory.mktemp("flame") / "toy.npz"
    np.savez(
        path,
        v_template=0.1 * random.standard_normal((60, 3)),
        shapedirs=0.002 * random.standard_normal((60, 3, 400)),
        posedirs=0.005 * random.standard_normal((60, 3, 36)),
        J_regressor=_shares(random, 5, 60),
        weights=_shares(random, 60, 5),
        kintree_table=np.array([[2**32 - 1, 0, 1, 1, 1], range(5)]),
    )
    return path


@pytest.fixture(scope="session")
def toy_masks(tmp_path_factory):
    """Lips, upper face and landmarks on that head."""
    random = np.random.default_rng(8)
    path = tmp_path_factory.mktemp("masks") / "masks.npz"
    np.savez(
        path,
        lips=np.arange(10, 22),
        upper_face=np.arange(30, 55),
        landmark_vertices=random.integers(0, 60, (68, 3)),
        landmark_weights=_shares(random, 68, 3),
    )
    return path


def make_coefficients(seed, num_frames=80, **changed):
    """A face that moves smoothly, someone's own."""
    random = np.random.default_rng(seed)
    shape = random.standard_normal(100)
    smooth = np.hanning(11) / np.hanning(11).sum()
    steps = random.standard_normal((num_frames, 56))
    motion = np.stack([np.convolve(column, smooth, "same") for column in steps.T], axis=1)
    values = {
        "expression": motion[:, :50],
        "pose": motion[:, 50:] * [0.2, 0.2, 0.2, 0.1, 0, 0],
        "shape": shape,
    }
    values |= changed
    return FlameCoefficients(
        **{name: np.asarray(value, np.float32) for name, value in values.items()}
    )


@pytest.fixture(name="make_coefficients")
def make_coefficients_fixture():
    return make_coefficients
