"""Model packages: whatever is wrong with one is told with the file that is to blame."""

import json
import shutil

import numpy as np
import pytest

from posecast import checkpoints
from posecast.checkpoints import load_package, sha256, write_description
from posecast.config import ModelConfig
from posecast.errors import CheckpointMismatch, ModelUnavailable

FILES = ("speech_encoder.onnx", "style_encoder.onnx", "sampler.onnx", "styles.npz")


@pytest.fixture
def package(tiny_package, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(tiny_package, tmp_path / "package")


def describe(package, change):
    """Rewrite `model.json` after `change` has had its way with it."""
    path = package / "model.json"
    description = json.loads(path.read_text())
    change(description)
    path.write_text(json.dumps(description))


def test_a_package_comes_back_as_it_was_written(tmp_path):
    for name in FILES:
        (tmp_path / name).write_bytes(name.encode())
    config = ModelConfig(name="mine", version="3", audio_guidance=1.25)
    mean, std = np.array([0.5, -1.25], np.float32), np.array([0.0, 0.75], np.float32)
    write_description(tmp_path, config, mean, std, {"command": "by hand"})

    package = load_package(tmp_path)

    assert package.config == config
    np.testing.assert_array_equal(package.motion_mean, mean)
    np.testing.assert_array_equal(package.motion_std, std)
    assert package.path("styles.npz") == tmp_path / "styles.npz"
    assert package.motion_file == "sampler.onnx"


def test_an_older_package_has_a_denoiser_alone(package):
    loaded = load_package(package)
    (package / "sampler.onnx").rename(package / "denoiser.onnx")
    write_description(package, loaded.config, loaded.motion_mean, loaded.motion_std, {})

    assert load_package(package).motion_file == "denoiser.onnx"


def test_a_sampler_goes_before_a_denoiser(package):
    loaded = load_package(package)
    shutil.copy(package / "sampler.onnx", package / "denoiser.onnx")
    write_description(package, loaded.config, loaded.motion_mean, loaded.motion_std, {})

    assert load_package(package).motion_file == "sampler.onnx"


def test_a_package_without_a_motion_network_is_told(package):
    describe(package, lambda d: d["files"].pop("sampler.onnx"))
    with pytest.raises(CheckpointMismatch, match="sampler.onnx is damaged.*says None"):
        load_package(package)


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_is_told_with_both_checksums(package, name):
    path = package / name
    whole = sha256(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointMismatch) as caught:
        load_package(package)
    message = str(caught.value)
    assert str(path) in message
    assert whole in message
    assert sha256(path) in message
    assert "\n" not in message


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(package, name):
    (package / name).unlink()
    with pytest.raises(CheckpointMismatch, match=f"{name} is missing"):
        load_package(package)


def test_a_file_without_a_checksum_is_not_trusted(package):
    describe(package, lambda d: d["files"].pop("styles.npz"))
    with pytest.raises(CheckpointMismatch, match="styles.npz is damaged.*says None"):
        load_package(package)


@pytest.mark.parametrize("model", ["", "no/such/folder"])
def test_a_missing_package_is_unavailable(tmp_path, model):
    with pytest.raises(ModelUnavailable, match=r"model.json is missing; allowed: default, or"):
        load_package(tmp_path / model)


def test_a_scale_that_is_not_finite_is_refused(package):
    describe(package, lambda d: d["statistics"]["mean"].__setitem__(3, float("nan")))
    with pytest.raises(CheckpointMismatch, match="statistics: mean: nan; allowed: finite"):
        load_package(package)


@pytest.mark.parametrize(("name", "value"), [("audio_guidance", 99.0), ("sampling_steps", 0)])
def test_defaults_keep_to_the_ranges_of_a_request(package, name, value):
    describe(package, lambda d: d["config"].update({name: value}))
    with pytest.raises(CheckpointMismatch, match=f"{value}; allowed"):
        load_package(package)


def test_default_is_the_package_inside_the_installation(monkeypatch, tiny_package, tmp_path):
    shutil.copytree(tiny_package, tmp_path / "models" / "default")
    monkeypatch.setattr(checkpoints.resources, "files", lambda name: tmp_path)
    assert load_package("default").config.name == "tiny"


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_format_version_is_refused(package, version):
    describe(package, lambda d: d.update(format_version=version))
    with pytest.raises(CheckpointMismatch, match=f"format version {version!r}; expected 1"):
        load_package(package)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda d: d["config"].update(colour=1), "unknown key 'colour'", id="key"),
        pytest.param(
            lambda d: d["config"]["denoiser"].update(colour=1), "denoiser: unknown key", id="nested"
        ),
        pytest.param(lambda d: d["config"].pop("name"), "name", id="no name"),
        pytest.param(
            lambda d: d["config"]["denoiser"].update(width="wide"),
            "'wide'; expected int",
            id="type",
        ),
        pytest.param(lambda d: d["statistics"].pop("std"), "std", id="no std"),
        pytest.param(lambda d: d["statistics"].update(mean="x"), "model.json", id="mean"),
        pytest.param(lambda d: d.pop("config"), "config", id="no config"),
        pytest.param(lambda d: d.update(config=[]), r"config: \[\]; expected an object", id="list"),
        pytest.param(lambda d: d.update(files=[]), r"files: \[\]; expected an object", id="files"),
        pytest.param(lambda d: d.pop("format_version"), "format_version", id="no version"),
    ],
)
def test_a_wrong_description_is_told(package, change, message):
    describe(package, change)
    with pytest.raises(CheckpointMismatch, match=message) as caught:
        load_package(package)
    assert "model.json" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"3", b"\xff\xfe"])
def test_a_description_that_is_no_json_object_is_refused(package, content):
    (package / "model.json").write_bytes(content)
    with pytest.raises(CheckpointMismatch, match="model.json is not a model description"):
        load_package(package)
