"""`posecast style extract` for a model of FLAME motion."""

import numpy as np
import pytest
import torch

from posecast import cli
from posecast.conditioning.style import load_styles
from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.official.checkpoint import load_style_encoder_checkpoint


@pytest.fixture
def run(capsys):
    """Run `posecast`; returns status, stdout and stderr."""

    def call(*arguments):
        status = cli.main([*map(str, arguments)])
        return status, *capsys.readouterr()

    return call


@pytest.fixture
def motion(tmp_path):
    """Five seconds of FLAME motion."""
    rng = np.random.default_rng(8)
    path = tmp_path / "motion.npz"
    np.savez(path, exp=rng.normal(0, 0.3, (125, 50)), pose=rng.normal(0, 0.1, (125, 6)))
    return path


@pytest.mark.parametrize(("start", "last"), [(None, 99), (20, 119), (90, 124), (124, 124)])
def test_the_style_of_motion_is_that_of_its_frames(run, published, motion, tmp_path, start, last):
    files, package = published
    encoder = load_style_encoder_checkpoint(files.style_encoder)
    network = StyleEncoderNetwork(encoder.config).eval()
    network.load_state_dict(encoder.state)
    first = start or 0
    raw, known = np.load(motion), np.load(package / "statistics.npz")
    columns = [(raw["exp"] - known["exp_mean"]) / known["exp_std"]]
    columns.append((raw["pose"][:, :4] - known["pose_mean"][:4]) / known["pose_std"][:4])
    clip = np.concatenate(columns, axis=1)[first : last + 1].astype(np.float32)
    with torch.no_grad():
        expected = network(torch.from_numpy(clip)[None])[0].numpy()
    options = [] if start is None else ["--start-frame", start]

    status, _, err = run("style", "extract", motion, "--model", package,
                         "-o", tmp_path / "anna.npy", *options)  # fmt: skip

    assert status == 0, err
    assert f"style anna from frames {first} to {last} of motion.npz, by the model tiny" in err
    style = np.load(tmp_path / "anna.npy")
    assert (style.dtype, style.shape) == (np.float32, (128,))
    np.testing.assert_allclose(style, expected, atol=1e-4)


def test_a_style_of_motion_may_be_a_style_file(run, published, motion, tmp_path):
    _, package = published
    run("style", "extract", motion, "--model", package, "-o", tmp_path / "anna.npy")

    status, _, err = run("style", "extract", motion, "--model", package,
                         "-o", tmp_path / "anna.npz", "--description", "warm")  # fmt: skip

    assert status == 0, err
    table = load_styles(tmp_path / "anna.npz", 128)
    assert table.describe("anna") == "warm"
    np.testing.assert_array_equal(table.get("anna").vector, np.load(tmp_path / "anna.npy"))


def test_motion_without_a_style_is_told(run, published, motion, tiny_package, tmp_path):
    _, package = published
    several = tmp_path / "several.npz"
    np.savez(several, exp=np.zeros((2, 9, 50)), pose=np.zeros((2, 9, 6)))
    out = tmp_path / "a.npy"
    for arguments, status, message in (
        (
            [motion, "--model", package, "--start-frame", 125],
            1,
            "first frame 125; allowed: 0 to 124",
        ),
        ([motion, "--model", package, "--start-frame", -1], 1, "first frame -1; allowed: 0 to 124"),
        ([several, "--model", package], 1, "several.npz: 2 takes; a style is that of one"),
        ([package / "styles.npz", "--model", package], 1, "key 'exp' is missing"),
        ([motion, "--model", tiny_package], 2, "a style of this model is written as .npz"),
    ):
        told = run("style", "extract", *arguments, "-o", out)
        assert told[0] == status
        assert message in told[2]
        assert not out.exists()
    told = run("style", "extract", motion, "--model", tiny_package, "--start-frame", 3,
               "-o", tmp_path / "a.npz")  # fmt: skip
    assert told[0] == 2
    assert "--start-frame: this model sees whole takes" in told[2]
