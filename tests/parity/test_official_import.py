"""Full-size checkpoints in the published format, imported: the package does what they did."""

import importlib.util
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch

from posecast import checkpoints
from posecast.conditioning.clip_waveform import normalise_waveform
from posecast.conditioning.onnx_clip_encoder import OnnxClipEncoder
from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.denoising.package_sampler import open_window_sampler
from posecast.denoising.torch_denoiser import ConditionedDenoiser
from posecast.official.checkpoint import load_denoiser_checkpoint, load_style_encoder_checkpoint
from posecast.official.import_official import OfficialFiles, import_official
from posecast.rig.flame import FlameCoefficients
from posecast.session.flame_style import extract_flame_style

TOLERANCE = 1e-4  # of the golden files, for single calls


@pytest.fixture
def folder():
    """A folder that goes with the test: pytest would keep a gigabyte of each of the last runs."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture
def make_checkpoint(monkeypatch, generator):
    """The script that writes checkpoints."""
    script = Path(generator.__file__).with_name("make_checkpoint.py")
    monkeypatch.syspath_prepend(script.parent)
    spec = importlib.util.spec_from_file_location("make_checkpoint", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_imported_package_does_what_the_published_code_did(
    make_checkpoint, generator, golden, draw, recipe_conditions, folder
):
    make_checkpoint.write(folder, "head", older=True)
    np.savez(folder / "statistics.npz", **generator.make_stats("pub-se-head"))

    imported = import_official(
        OfficialFiles(
            denoiser=folder / "denoiser.pt",
            style_encoder=folder / "style_encoder.pt",
            statistics=folder / "statistics.npz",
            styles=(folder / "styles",),
            shape=folder / "shape.npy",
        ),
        folder / "face",
        name="published",
    )

    package = checkpoints.load_package(folder / "face")
    assert (imported.styles, imported.warnings) == (("neutral", "smile"), ())
    assert package.config.clip_encoder.num_layers == 12
    assert_style_is_the_published_one(package, golden("style_encoder"))
    assert_speech_is_the_published_one(
        package, golden("audio"), generator.make_audio("pub.64000", 64_000)
    )
    reference = golden("denoiser")
    conditions = recipe_conditions(3, reference["indicator"])
    prediction = open_window_sampler(package).predict(
        draw("den.motion", 3, 100, 54), reference["mixed_t"].astype(np.int64), conditions
    )
    np.testing.assert_allclose(prediction, reference["mixed"][:, 10:], atol=TOLERANCE)


def assert_style_is_the_published_one(package, reference):
    motion = FlameCoefficients(expression=reference["raw_exp"], pose=reference["raw_pose"])

    style = extract_flame_style(package, motion, int(reference["start_frame"]))

    np.testing.assert_allclose(style, reference["extracted_style"].ravel(), atol=TOLERANCE)


def assert_speech_is_the_published_one(package, reference, waveform):
    path = package.path(checkpoints.SPEECH_ENCODER_FILE)
    encoder = OnnxClipEncoder(path, package.config.clip_encoder)

    features = encoder.encode(normalise_waveform(waveform)[None], 100)

    kept = features[0, :: int(reference["n64000_step"])]
    np.testing.assert_allclose(kept, reference["n64000_feat"], atol=TOLERANCE)


@pytest.mark.parametrize(
    ("variant", "motion_dim", "parameters"),
    [("head", 54, 129_277_266), ("nohead", 51, 129_274_929)],
)
def test_both_published_tables_have_a_place_for_every_tensor(
    make_checkpoint, generator, monkeypatch, folder, variant, motion_dim, parameters
):
    """With one number in all weights: the names and shapes are what is looked at."""
    monkeypatch.setattr(make_checkpoint, "state", one_number_everywhere(generator))
    make_checkpoint.write(folder, variant)

    denoiser = load_denoiser_checkpoint(folder / "denoiser.pt")
    encoder = load_style_encoder_checkpoint(folder / "style_encoder.pt")

    both = denoiser.denoiser_state | denoiser.clip_encoder_state
    assert sum(tensor.numel() for tensor in both.values()) == parameters
    assert encoder.config.motion_dim == denoiser.config.motion_dim == motion_dim
    with torch.device("meta"):
        networks = ConditionedDenoiser(denoiser.config), ClipEncoderNetwork(denoiser.clip_encoder)
    needed = networks[0].state_dict() | networks[1].state_dict()
    assert both.keys() == needed.keys()


def one_number_everywhere(generator):
    def state(table, salt, extra, older):
        shapes = generator.load_shapes(Path(generator.__file__).with_name(table))
        weights = {
            name: torch.ones(1).expand(shape)  # one number on the disk, too
            for name, shape in shapes.items()
            if not generator.is_buffer(name)
        }
        return weights | {name: torch.from_numpy(values) for name, values in extra.items()}

    return state
