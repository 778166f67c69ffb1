"""A style of the user's own: written, read, and named by its path."""

import numpy as np
import pytest

from posecast.conditioning.style import StyleBank, load_styles, save_styles
from posecast.conditioning.style_file import including_style_files, write_style_file
from posecast.errors import CheckpointMismatch, InvalidRequest
from posecast.signals import Style

DIM = 4
OWN = Style(vector=np.float32([1, 2, 3, 4]), blink_rate_hz=0.5, head_wander_rad=0.3)
SAD = Style(vector=np.float32([0, 0, 1, 0]))
BANK = StyleBank({"neutral": Style(vector=np.zeros(DIM, np.float32)), "sad": SAD},
                 {"neutral": "plain", "sad": "sad"})  # fmt: skip


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "actor.npz"
    write_style_file(path, "actor", OWN, "from the stage")
    return path


def test_a_file_is_a_table_of_one_style(file):
    table = load_styles(file, DIM)

    assert table.names == ("actor",)
    assert table.describe("actor") == "from the stage"
    np.testing.assert_array_equal(table.get("actor").vector, OWN.vector)
    assert table.get("actor").blink_rate_hz == 0.5
    # the largest value of a range survives its rounding to float32
    assert table.get("actor").head_wander_rad == pytest.approx(0.3)


def test_a_path_is_a_name_alone_and_in_a_blend(file):
    alone = including_style_files(BANK, str(file), DIM)
    blended = including_style_files(BANK, f"{file}:0.75,sad:0.25", DIM)

    np.testing.assert_array_equal(alone.get(str(file)).vector, OWN.vector)
    assert alone.describe(str(file)) == "from the stage"
    mixed = blended.get(f"{file}:0.75,sad:0.25")
    np.testing.assert_allclose(mixed.vector, 0.75 * OWN.vector + 0.25 * SAD.vector)
    assert BANK.names == ("neutral", "sad")  # the model's own bank is as it was


def test_names_alone_read_no_file():
    assert including_style_files(BANK, "sad", DIM) is BANK
    assert including_style_files(BANK, "sad:0.5,neutral:0.5", DIM) is BANK


def test_a_bank_alone_opens_no_file(file):
    with pytest.raises(InvalidRequest, match=r"unknown style '.*actor.npz'; known: neutral, sad"):
        BANK.get(str(file))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidRequest, match="no.npz: no such style file"):
        including_style_files(BANK, str(tmp_path / "no.npz"), DIM)


def test_a_style_of_another_model_is_refused(file):
    with pytest.raises(CheckpointMismatch, match=r"vectors of shape \(1, 4\); expected \(1, 128\)"):
        including_style_files(BANK, str(file), 128)


def test_a_table_of_several_is_no_style(tmp_path):
    save_styles(tmp_path / "two.npz", {"a": OWN, "b": SAD}, {"a": "", "b": ""})

    with pytest.raises(CheckpointMismatch, match="two.npz holds 2 styles; .* holds one"):
        including_style_files(BANK, str(tmp_path / "two.npz"), DIM)


@pytest.mark.parametrize(
    ("style", "message"),
    [
        (Style(vector=np.float32([1, np.nan, 0, 0])), "style 'x': its vector is not finite"),
        (Style(vector=OWN.vector, blink_rate_hz=2.5), "blink_rate_hz 2.5; allowed: 0 to 2"),
        (Style(vector=OWN.vector, head_tempo_hz=-1.0), "head_tempo_hz -1; allowed: 0 to 2"),
        (Style(vector=OWN.vector, gaze_range=np.nan), "gaze_range nan; allowed: 0 to 1"),
    ],
)
def test_values_out_of_range_are_refused(tmp_path, style, message):
    save_styles(tmp_path / "bad.npz", {"x": style}, {"x": ""})

    with pytest.raises(CheckpointMismatch) as caught:
        load_styles(tmp_path / "bad.npz", DIM)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["", " a", "a,b", "a:b", "a.npz", "a.npy"])
def test_a_name_that_no_blend_could_hold_is_refused(tmp_path, name):
    with pytest.raises(InvalidRequest, match="style name .*; allowed: text without comma, colon"):
        write_style_file(tmp_path / "actor.npz", name, OWN, "")


def test_a_vector_alone_is_a_style_and_may_be_blended(tmp_path):
    path = tmp_path / "actor.npy"
    np.save(path, OWN.vector.astype(np.float64))

    alone = including_style_files(BANK, str(path), DIM).get(str(path))
    blend = f"{path}:0.5,{BANK.names[0]}:0.5"
    mixed = including_style_files(BANK, blend, DIM).get(blend)

    np.testing.assert_array_equal(alone.vector, OWN.vector)
    expected = (OWN.vector + BANK.get(BANK.names[0]).vector) / 2
    np.testing.assert_allclose(mixed.vector, expected, atol=1e-6)


@pytest.mark.parametrize(
    "values", [np.zeros(DIM + 1), np.zeros((1, DIM)), np.full(DIM, np.nan), np.zeros(DIM, int)]
)
def test_an_array_that_is_no_vector_of_the_model_is_refused(tmp_path, values):
    np.save(tmp_path / "bad.npy", values)

    with pytest.raises(CheckpointMismatch, match=r"bad.npy: .* expected \(4,\), finite"):
        including_style_files(BANK, str(tmp_path / "bad.npy"), DIM)
