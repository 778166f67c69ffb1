"""The bank of stored styles: what was written is read, and what is damaged is told."""

import numpy as np
import pytest

from posecast.conditioning.style import StyleBank, load_styles, save_styles
from posecast.conditioning.style_distance import StyleDistance
from posecast.conditioning.style_gestures import GestureReadout
from posecast.errors import CheckpointMismatch, InvalidRequest
from posecast.signals import Style

DIM = 6


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "styles.npz"
    rng = np.random.default_rng(2)
    vectors = rng.standard_normal((2, DIM)).astype(np.float32)
    styles = {
        "zen": Style(
            vector=vectors[0],
            blink_rate_hz=0.25,
            gaze_range=0.0625,
            head_wander_rad=0.125,
            head_tempo_hz=0.5,
        ),
        "angry": Style(vector=vectors[1]),
    }
    save_styles(path, styles, {"zen": "still", "angry": "loud"})
    return path


def rewrite(path, **changes):
    """The table with some arrays changed; None takes one away."""
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files} | changes
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})


def test_styles_come_back_in_their_order(file):
    bank = load_styles(file, DIM)
    assert bank.names == ("zen", "angry")
    assert bank.describe("angry") == "loud"
    zen = bank.get("zen")
    assert (zen.blink_rate_hz, zen.gaze_range) == (0.25, 0.0625)
    assert (zen.head_wander_rad, zen.head_tempo_hz) == (0.125, 0.5)
    expected = np.random.default_rng(2).standard_normal((2, DIM)).astype(np.float32)
    np.testing.assert_array_equal(bank.get("angry").vector, expected[1])


@pytest.mark.parametrize("ask", ["get", "describe"])
def test_an_unknown_style_is_refused_with_the_known_ones(file, ask):
    bank = load_styles(file, DIM)
    with pytest.raises(InvalidRequest, match="unknown style 'Zen'; known: zen, angry"):
        getattr(bank, ask)("Zen")


def test_vectors_of_another_width_are_refused(file):
    with pytest.raises(CheckpointMismatch, match=r"\(2, 6\); expected \(2, 128\)"):
        load_styles(file, 128)


@pytest.mark.parametrize(
    "name",
    [
        "names",
        "descriptions",
        "vectors",
        "blink_rate_hz",
        "gaze_range",
        "head_wander_rad",
        "head_tempo_hz",
    ],
)
def test_a_missing_array_is_named(file, name):
    rewrite(file, **{name: None})
    with pytest.raises(CheckpointMismatch, match=f"{file.name}: not a table of styles: .*{name}"):
        load_styles(file, DIM)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"descriptions": np.array(["still"])}, id="descriptions"),
        pytest.param({"gaze_range": np.zeros(1)}, id="gaze"),
        pytest.param(
            dict.fromkeys(
                ("gaze_range", "blink_rate_hz", "head_wander_rad", "head_tempo_hz"), np.zeros(3)
            ),
            id="life",
        ),
        pytest.param({"head_tempo_hz": np.array(0.5)}, id="no row"),
        pytest.param({"head_tempo_hz": np.array(["fast", "slow"])}, id="no number"),
        pytest.param({"names": np.array(["zen"])}, id="names"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(file, changes):
    rewrite(file, **changes)
    with pytest.raises(CheckpointMismatch, match=file.name):
        load_styles(file, DIM)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"hello", id="text"),
        pytest.param(b"PK\x03\x04 broken", id="broken zip"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, content):
    path = tmp_path / "styles.npz"
    path.write_bytes(content)
    with pytest.raises(CheckpointMismatch, match="styles.npz: not a table of styles"):
        load_styles(path, DIM)


def test_a_single_array_is_no_table(tmp_path):
    path = tmp_path / "styles.npy"
    np.save(path, np.zeros(3))
    with pytest.raises(CheckpointMismatch, match="not a table of styles"):
        load_styles(path, DIM)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CheckpointMismatch, match="styles.npz"):
        load_styles(tmp_path / "styles.npz", DIM)


def test_a_blend_is_looked_up_in_the_bank_and_described_by_its_shares(file):
    bank = load_styles(file, DIM)

    blend = bank.get("zen:0.25,angry:0.75")

    expected = 0.25 * bank.get("zen").vector + 0.75 * bank.get("angry").vector
    np.testing.assert_allclose(blend.vector, expected, rtol=1e-6)  # float32 rounding
    assert bank.describe("zen:0.25,angry:0.75") == "25% zen, 75% angry"


def test_an_unknown_style_of_a_blend_is_refused_with_the_known_ones(file):
    with pytest.raises(InvalidRequest, match="unknown style 'sad'; known: zen, angry"):
        load_styles(file, DIM).get("zen:0.5,sad:0.5")


def bank_of(**vectors):
    styles = {name: Style(vector=np.float32(vector)) for name, vector in vectors.items()}
    return StyleBank(styles, dict.fromkeys(styles, ""))


def test_the_nearest_style_points_the_same_way_whatever_its_length():
    bank = bank_of(right=[9, 0], up=[0, 1])

    nearest = bank.find_nearest(Style(vector=np.float32([0.1, 0.05])))

    assert nearest.name == "right"
    assert nearest.cosine == pytest.approx(2 / 5**0.5)


def test_the_style_itself_may_be_left_out_of_the_search():
    bank = bank_of(right=[9, 0], up=[0, 1])

    assert bank.find_nearest(bank.get("right"), besides="right").name == "up"
    assert bank_of(right=[9, 0]).find_nearest(bank.get("right"), besides="right") is None


def test_a_distance_is_kept_and_tells_what_is_near(file):
    path, styles = file, load_styles(file, DIM)
    directions = np.zeros((DIM + 4, 1), np.float32)
    directions[DIM] = 10.0  # only blinks count
    table = {name: styles.get(name) for name in styles.names}
    save_styles(path, table, dict.fromkeys(table, ""), StyleDistance(directions))

    bank = load_styles(path, DIM).including("mine", Style(vector=np.zeros(DIM)), "")

    asked = Style(vector=table["angry"].vector, blink_rate_hz=0.26)  # zen blinks 0.25 times
    nearest = bank.find_nearest(asked)
    assert nearest.name == "zen"
    assert nearest.distance == pytest.approx(10 * (0.26**0.5 - 0.5), rel=1e-3)
    assert styles.find_nearest(asked).name == "angry"
    assert styles.find_nearest(asked).distance is None


def test_gestures_are_kept_and_read_off_any_style(file):
    path, styles = file, load_styles(file, DIM)
    assert styles.gestures is None
    weights = np.zeros((DIM + 1, 2), np.float32)
    weights[0], weights[-1] = (0.01, 0.1), (0.02, 0.2)
    table = {name: styles.get(name) for name in styles.names}
    save_styles(path, table, dict.fromkeys(table, ""), gestures=GestureReadout(weights))

    style = Style(vector=np.float32([2, 0, 0, 0, 0, 0]))
    bank = load_styles(path, DIM).including("mine", style, "")

    assert bank.gestures.of(bank.get("mine")) == pytest.approx((0.04, 0.4))
    assert bank.distance is None


@pytest.mark.parametrize(
    "gestures",
    [
        np.zeros((DIM, 2)),
        np.zeros(DIM + 1),
        np.full((DIM + 1, 2), np.inf),
        np.ones((DIM + 1, 2), int),
    ],
    ids=["rows", "axes", "infinite", "kind"],
)
def test_damaged_gestures_are_refused(file, gestures):
    rewrite(file, gestures=gestures)

    with pytest.raises(CheckpointMismatch, match=r"gestures: .*expected finite numbers of shape"):
        load_styles(file, DIM)


@pytest.mark.parametrize(
    "distance",
    [np.zeros((DIM + 3, 2)), np.zeros(DIM + 4), np.full((DIM + 4, 2), np.nan), np.eye(DIM + 4) > 0],
    ids=["rows", "axes", "nan", "kind"],
)
def test_a_damaged_distance_is_refused(file, distance):
    rewrite(file, distance=distance)

    with pytest.raises(CheckpointMismatch, match="distance: .*expected finite numbers, 10 rows"):
        load_styles(file, DIM)
