"""Published checkpoints to a package: its files are what they were made from, or there is none."""

import dataclasses
import json
import shutil

import numpy as np
import onnx
import pytest

from posecast import checkpoints, cli
from posecast.conditioning.onnx_clip_encoder import OnnxClipEncoder
from posecast.conditioning.onnx_style_encoder import OnnxStyleEncoder
from posecast.conditioning.style import load_styles
from posecast.denoising.package_sampler import open_window_sampler
from posecast.errors import CheckpointMismatch, InvalidRequest
from posecast.official import import_official as module
from posecast.official.checkpoint import load_denoiser_checkpoint
from posecast.official.import_official import import_official

NETWORKS = ("speech_encoder.onnx", "style_encoder.onnx", "sampler.onnx")
FILES = ("model.json", "shape.npy", "statistics.npz", "styles.npz", *NETWORKS)


@pytest.mark.parametrize("motion_dim", [54, 51])
def test_a_package_comes_of_it_that_can_be_loaded(write_files, tmp_path, motion_dim):
    files = write_files(tmp_path, motion_dim)

    imported = import_official(files, tmp_path / "face", name="tiny")

    package = checkpoints.load_package(tmp_path / "face")
    config = package.config
    assert sorted(path.name for path in package.folder.iterdir()) == sorted(FILES)
    assert (config.name, config.version, config.motion_space) == ("tiny", "110000", "flame")
    assert (config.denoiser.motion_dim, config.style_encoder.motion_dim) == (motion_dim,) * 2
    assert config.clip_encoder.width == 64
    assert (config.audio_guidance, config.style_guidance) == (1.15, 3.0)
    assert config.sampling_steps == 10  # of 10; 50 of the published 500
    assert len(package.motion_mean) == len(package.motion_std) == motion_dim
    assert imported.warnings == ()
    assert tuple(network.name for network in imported.networks) == NETWORKS
    for network in imported.networks:
        assert 0 < network.difference <= network.bound == 1e-4
        assert network.size_bytes == package.path(network.name).stat().st_size
    open_window_sampler(package)
    OnnxClipEncoder(package.path("speech_encoder.onnx"), config.clip_encoder)
    OnnxStyleEncoder(package.path("style_encoder.onnx"), config.style_encoder)


def test_the_style_of_a_package_is_what_the_model_takes_for_none(published):
    files, folder = published

    styles = load_styles(folder / "styles.npz", 128)

    null = load_denoiser_checkpoint(files.denoiser).denoiser_state["null_style_feat"]
    assert styles.names == ("neutral", "smile")
    np.testing.assert_array_equal(styles.get("neutral").vector, null.numpy().ravel())
    np.testing.assert_array_equal(styles.get("smile").vector, np.full(128, 2))


def test_statistics_come_along_exactly(published):
    files, folder = published
    given, kept = np.load(files.statistics), np.load(folder / "statistics.npz")

    assert sorted(kept.files) == sorted(given.files)
    for name in given.files:
        np.testing.assert_array_equal(kept[name], given[name].astype(np.float32))
    package = checkpoints.load_package(folder)
    expected = np.concatenate([kept["exp_std"], kept["pose_std"][:4]])
    np.testing.assert_array_equal(package.motion_std, expected)
    np.testing.assert_array_equal(np.load(folder / "shape.npy"), kept["shape_mean"])


@pytest.mark.parametrize("name", sorted(set(FILES) - {"model.json"}))
def test_every_file_of_a_package_is_checked(published, tmp_path, name):
    _, folder = published
    damaged = shutil.copytree(folder, tmp_path / "damaged")
    (damaged / name).write_bytes((damaged / name).read_bytes() + b"\0")

    with pytest.raises(CheckpointMismatch, match=f"{name} is damaged"):
        checkpoints.load_package(damaged)

    (damaged / name).unlink()
    with pytest.raises(CheckpointMismatch, match=f"{name} is missing"):
        checkpoints.load_package(damaged)


def test_networks_load_in_every_onnxruntime_of_today(published):
    """Opset 17 and IR version 8 are those of onnxruntime 1.13: newer ones read them."""
    _, folder = published

    for name in NETWORKS:
        opened = onnx.load(folder / name)
        assert [entry.version for entry in opened.opset_import if not entry.domain] == [17]
        assert opened.ir_version == 8


def test_where_it_came_from_is_told(published):
    files, folder = published

    made_by = json.loads((folder / "model.json").read_text())["made_by"]

    assert made_by["command"] == "posecast import-official"
    assert made_by["precision"] == "fp32"
    assert made_by["files"]["denoiser"] == {
        "name": "denoiser.pt",
        "sha256": checkpoints.sha256(files.denoiser),
    }
    assert set(made_by["files"]) == {"denoiser", "style_encoder", "statistics"}


def test_settings_and_a_shape_of_ones_own_are_kept(files, make_denoiser, tmp_path):
    made = make_denoiser()
    made.args.cfg_mode = "independent"
    made.args.pad_mode = "replicate"
    made.save(files.denoiser)
    shape = np.arange(100, dtype=np.float32)
    np.save(tmp_path / "mine.npy", np.stack([shape, shape + 1]))
    files = dataclasses.replace(files, shape=tmp_path / "mine.npy")

    import_official(files, tmp_path / "face", name="tiny", guidance_mode="original")

    config = checkpoints.load_package(tmp_path / "face").config
    assert config.guidance_mode == "original"
    assert config.guided_conditions == ("audio", "style")
    assert config.audio_padding == "replicate"
    np.testing.assert_array_equal(np.load(tmp_path / "face/shape.npy"), shape)


def test_a_model_without_style_has_no_style_encoder(write_files, tmp_path):
    files = write_files(tmp_path, style_dim=0)

    imported = import_official(files, tmp_path / "face", name="tiny")

    package = checkpoints.load_package(tmp_path / "face")
    assert not package.path("style_encoder.onnx").exists()
    assert imported.styles == ("neutral",)
    assert package.config.guided_conditions == ("audio",)
    open_window_sampler(package)


def test_half_weights_make_smaller_files_with_a_bound_of_their_own(published, tmp_path):
    files, whole = published

    half = import_official(files, tmp_path / "half", name="tiny", precision="fp16")

    for network in half.networks:
        assert network.size_bytes < (whole / network.name).stat().st_size
        assert 1e-5 < network.difference <= network.bound == 0.05


def test_another_style_encoder_than_that_of_the_training_is_warned_of(
    files, make_style_encoder, tmp_path
):
    made = make_style_encoder()
    made.iteration = 34_000
    made.save(files.style_encoder)

    imported = import_official(files, tmp_path / "face", name="tiny")

    (warning,) = imported.warnings
    assert "iter_0026000.pt; the given one is of iteration 34000" in warning


def test_a_network_that_is_unlike_its_weights_leaves_no_package(files, tmp_path, monkeypatch):
    exact = module.write_sampler

    def write_badly(*arguments):
        return dataclasses.replace(exact(*arguments), difference=float("nan"))

    monkeypatch.setattr(module, "write_sampler", write_badly)

    with pytest.raises(CheckpointMismatch, match=r"sampler\.onnx differs .* by nan; allowed: 0.00"):
        import_official(files, tmp_path / "face", name="tiny")

    assert not list(tmp_path.glob("*face*"))


def test_files_that_do_not_belong_together_are_told(files, make_style_encoder, tmp_path):
    other = make_style_encoder(51).save(tmp_path / "other.pt")
    narrow = make_style_encoder(54, 64).save(tmp_path / "narrow.pt")
    for changes, error, message in (
        ({"style_encoder": None}, InvalidRequest, "this denoiser needs a style encoder"),
        ({"style_encoder": other}, CheckpointMismatch, "of 51 motion columns; .* has 54"),
        ({"style_encoder": narrow}, CheckpointMismatch, "of 64 style values; .* has 128"),
        ({"style_encoder": files.denoiser}, CheckpointMismatch, "no state dict under 'encoder'"),
        ({"statistics": tmp_path / "gone.npz"}, CheckpointMismatch, "gone.npz"),
        ({"shape": tmp_path / "gone.npy"}, InvalidRequest, "gone.npy"),
    ):
        with pytest.raises(error, match=message):
            import_official(dataclasses.replace(files, **changes), tmp_path / "face", name="tiny")
        assert not list(tmp_path.glob("*face*"))


def test_a_model_without_style_takes_no_style_encoder(write_files, make_style_encoder, tmp_path):
    files = write_files(tmp_path, style_dim=0)
    encoder = make_style_encoder().save(tmp_path / "encoder.pt")
    files = dataclasses.replace(files, style_encoder=encoder)

    with pytest.raises(InvalidRequest, match="knows no style and takes no style encoder"):
        import_official(files, tmp_path / "face", name="tiny")


def test_a_package_is_never_written_over(files, tmp_path):
    (tmp_path / "face").mkdir()

    with pytest.raises(InvalidRequest, match="face exists already; choose another folder"):
        import_official(files, tmp_path / "face", name="tiny")
    with pytest.raises(InvalidRequest, match=r"the folder .*nowhere does not exist"):
        import_official(files, tmp_path / "nowhere/face", name="tiny")


@pytest.fixture
def run(capsys, files):
    """Run the command with the files of this test; returns status, stdout and stderr."""

    def call(*options):
        words = [
            "import-official", "--denoiser", files.denoiser, "--style-encoder",
            files.style_encoder, "--statistics", files.statistics, *options,
        ]  # fmt: skip
        return cli.main([*map(str, words)]), *capsys.readouterr()

    return call


def test_the_command_tells_what_it_made(run, files, tmp_path):
    face = tmp_path / "face"

    status, out, err = run("--styles", *files.styles, "-o", face)

    assert status == 0, err
    lines = out.splitlines()
    assert lines[0].split() == ["file", "MB", "torch", "-", "ONNX", "allowed"]
    assert tuple(line.split()[0] for line in lines[1:4]) == NETWORKS
    assert all(line.endswith("1e-04") for line in lines[1:4])
    assert lines[4] == "styles: neutral, smile"
    assert lines[5] == f"posecast animate speech.wav -o face.csv --model {face}"
    assert err.startswith("posecast: reading the checkpoints\n")
    assert checkpoints.load_package(face).config.name == "face"


def test_the_command_warns(run, make_style_encoder, files, tmp_path):
    made = make_style_encoder()
    made.iteration = 8
    made.save(files.style_encoder)

    status, _, err = run("-o", tmp_path / "face", "--name", "mine")

    assert status == 0
    assert "posecast: warning: the denoiser was trained with the style encoder exper" in err
    assert checkpoints.load_package(tmp_path / "face").config.name == "mine"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda made: setattr(made.args, "fps", 30), "denoiser.pt: its argument fps is 30"),
        (lambda made: delattr(made.args, "cfg_mode"), "lack cfg_mode; give the guidance mode"),
    ],
)
def test_the_command_fails_in_one_line(run, files, make_denoiser, tmp_path, change, message):
    made = make_denoiser()
    change(made)
    made.save(files.denoiser)

    status, out, err = run("-o", tmp_path / "face")

    assert (status, out) == (1, "")
    assert message in err.splitlines()[-1]


def test_a_folder_that_is_there_is_a_mistake_of_usage(run, tmp_path):
    status, _, err = run("-o", tmp_path)

    assert (status, "exists already" in err) == (2, True)
