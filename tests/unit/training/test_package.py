"""Packages that are written, and older ones that are brought up to date."""

import json
import shutil

import numpy as np
import onnx
import pytest

from posecast.checkpoints import load_package, write_description
from posecast.conditioning.onnx_speech_encoder import OnnxSpeechEncoder
from posecast.denoising.denoiser import Conditions
from posecast.denoising.guidance import Guidance
from posecast.denoising.onnx_sampler import OnnxSampler
from posecast.denoising.package_sampler import open_window_sampler
from posecast.denoising.torch_denoiser import ConditionedDenoiser
from posecast.denoising.window_sampler import DdimSampler
from posecast.errors import CheckpointMismatch
from posecast.export import export_denoiser
from posecast.training.package import upgrade_package

MADE_BY = {"command": "by hand"}


@pytest.fixture
def older(tiny_package, tmp_path):
    """A package as 2.0.0 wrote them: a denoiser alone, a speech encoder of one row."""
    folder = tmp_path / "older"
    shutil.copytree(tiny_package, folder)
    package = load_package(folder)
    (folder / "sampler.onnx").unlink()
    export_denoiser(ConditionedDenoiser(package.config.denoiser).eval(), folder / "denoiser.onnx")
    encoder = onnx.load(folder / "speech_encoder.onnx")
    for value in (*encoder.graph.input, *encoder.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 1
    onnx.save(encoder, folder / "speech_encoder.onnx")
    write_description(folder, package.config, package.motion_mean, package.motion_std, MADE_BY)
    return folder


def draw_conditions(config, num_frames):
    rng = np.random.default_rng(4)

    def draw(*shape):
        return rng.standard_normal((2, *shape), dtype=np.float32)

    given = np.ones(2, bool)
    return Conditions(
        speech=draw(num_frames, config.speech_dim),
        style=draw(config.style_dim),
        shape=draw(config.shape_dim),
        previous_motion=draw(config.previous_frames, config.motion_dim),
        previous_speech=draw(config.previous_frames, config.speech_dim),
        indicator=np.ones((2, num_frames), np.float32),
        has_speech=given,
        has_style=given,
        has_previous=given,
    )


def test_a_package_holds_its_motion_network_once(tiny_package):
    names = {path.name for path in tiny_package.iterdir()}
    assert "sampler.onnx" in names
    assert "denoiser.onnx" not in names


def test_an_upgraded_package_makes_the_same_motion(older):
    before = open_window_sampler(load_package(older))
    conditions = draw_conditions(before.config, 5)
    noise = np.random.default_rng(5).standard_normal((2, 5, before.config.motion_dim), np.float32)
    asked = {"num_steps": 2, "guidance": Guidance()}
    expected = before.sample(conditions, noise, **asked)

    upgrade_package(older)

    after = open_window_sampler(load_package(older))
    assert isinstance(before, DdimSampler)
    assert isinstance(after, OnnxSampler)
    found = after.sample(conditions, noise, **asked)
    # The same weights; the update's shares are rounded once, not factor by factor.
    np.testing.assert_allclose(found.motion, expected.motion, atol=2e-5)
    np.testing.assert_allclose(found.first_clean, expected.first_clean, atol=2e-5)


def test_an_upgraded_speech_encoder_takes_a_batch_in_one_run(older, monkeypatch):
    config = load_package(older).config.speech_encoder
    blocks = [np.full(1280, level, np.float32) for level in (0.1, 0.2)]

    upgrade_package(older)

    encoder = OnnxSpeechEncoder(older / "speech_encoder.onnx", config)
    monkeypatch.setattr(encoder, "encode", None)  # what one row at a time would call
    outcomes = encoder.encode_batch(blocks, [encoder.start(3), encoder.start(1)])
    assert [features.shape for features, _ in outcomes] == [(2, config.feature_dim)] * 2


def test_an_upgrade_keeps_the_description_and_drops_the_old_file(older):
    before = json.loads((older / "model.json").read_text())

    upgrade_package(older)

    after = json.loads((older / "model.json").read_text())
    assert set(after.pop("files")) == {
        "speech_encoder.onnx", "style_encoder.onnx", "sampler.onnx", "styles.npz",
    }  # fmt: skip
    before.pop("files")
    assert after == before
    assert after["made_by"] == MADE_BY
    assert not (older / "denoiser.onnx").exists()


def test_a_package_that_is_up_to_date_stays_as_it_is(tiny_package, tmp_path):
    folder = shutil.copytree(tiny_package, tmp_path / "package")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    upgrade_package(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_damaged_package_is_not_upgraded(older):
    (older / "denoiser.onnx").write_bytes(b"")
    with pytest.raises(CheckpointMismatch, match="denoiser.onnx is damaged"):
        upgrade_package(older)
    assert not (older / "sampler.onnx").exists()
