"""Golden files of the published code, and networks with the weights they were made with.

`pytest tests/parity --device cuda` runs the networks on a GPU, in torch and as served;
`--errors FILE` writes down the largest difference of each comparison.
"""

from __future__ import annotations

import copy
import functools
import importlib.util
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.config import ClipEncoderConfig, DenoiserConfig
from posecast.denoising.denoiser import Conditions
from posecast.denoising.onnx_sampler import OnnxSampler
from posecast.denoising.torch_denoiser import ConditionedDenoiser
from posecast.export import export_denoiser
from posecast.sampler_graph import export_sampler
from posecast.signals import FloatArray

ASSETS = Path(__file__).parents[1] / "assets" / "parity"
SALT = "pub"


@pytest.fixture(autouse=True)
def _told_errors(request, pytestconfig, monkeypatch):
    """Adds a line for each comparison with a tolerance, if there is a file for it."""
    path, compare = pytestconfig.getoption("--errors"), np.testing.assert_allclose
    if path is None:
        return

    def compare_and_tell(actual, desired, *args, **options):
        largest = float(np.abs(np.asarray(actual) - desired).max(initial=0.0))
        line = {"test": request.node.nodeid.partition("parity/")[2], "largest": largest}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        compare(actual, desired, *args, **options)

    monkeypatch.setattr(np.testing, "assert_allclose", compare_and_tell)


@pytest.fixture(scope="session")
def device(pytestconfig) -> str:
    """Where networks run; full precision on a GPU, too."""
    torch.backends.cudnn.allow_tf32 = False
    return pytestconfig.getoption("--device")


@pytest.fixture(scope="session")
def on_device(device) -> Callable[[torch.nn.Module], torch.nn.Module]:
    """A network where networks run; the one that was given stays where it is, to be exported."""
    return lambda network: network if device == "cpu" else copy.deepcopy(network).to(device)


@pytest.fixture(scope="session")
def answer(device) -> Callable[..., FloatArray]:
    """What a network that is there makes of arrays."""

    def call(network, *inputs):
        with torch.no_grad():
            given = [torch.from_numpy(values).to(device) for values in inputs]
            return network(*given).cpu().numpy()

    return call


@pytest.fixture(scope="session")
def generator() -> ModuleType:
    """The module that makes weights and inputs from names."""
    spec = importlib.util.spec_from_file_location("parity_gen", ASSETS / "parity_gen.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def golden() -> Callable[[str], Mapping[str, FloatArray]]:
    """Reads a golden file by its stem."""
    return lambda name: np.load(ASSETS / f"{name}.npz")


@pytest.fixture(scope="session")
def draw(generator) -> Callable[..., FloatArray]:
    """Standard normal numbers by name and shape."""
    return lambda name, *shape: generator.normal(SALT, name, shape)


@pytest.fixture(scope="session")
def published_weights(generator) -> Callable[..., dict[str, torch.Tensor]]:
    """Makes the state dict of a shape table: without speech encoder and buffers, or the former."""

    def make(table: str, salt: str, *, of_audio: bool = False) -> dict[str, torch.Tensor]:
        shapes = generator.load_shapes(ASSETS / f"shapes_{table}.json")
        kept = {
            name: shape for name, shape in shapes.items() if name.startswith("audio_") == of_audio
        }
        weights = generator.make_weights(salt, kept)
        return {name: torch.from_numpy(values) for name, values in weights.items()}

    return make


@pytest.fixture(scope="session")
def published_network(published_weights, generator) -> Callable[..., ConditionedDenoiser]:
    """Makes the published denoiser, with changes to its configuration; loads strictly."""
    weights = published_weights("dpt_head", "pub-dpt-head")

    def make(config: DenoiserConfig) -> ConditionedDenoiser:
        network = ConditionedDenoiser(config)
        fitting = dict(weights)
        if not config.uses_indicator:
            name = "denoising_net.feature_proj.weight"
            drawn = generator.weight("pub-dpt-head", name, (config.width, config.motion_dim))
            fitting[name] = torch.from_numpy(drawn)
        if not config.learned_positions:
            del fitting["denoising_net.PE"]
        network.load_state_dict(fitting, strict=True)
        return network.eval()

    return make


@pytest.fixture(scope="session")
def placed_network(published_network, on_device) -> Callable[[DenoiserConfig], torch.nn.Module]:
    """Makes the published denoiser where networks run."""
    return lambda config: on_device(published_network(config))


@pytest.fixture(scope="session")
def published_clip_encoder(published_weights) -> ClipEncoderNetwork:
    """The published speech encoder, 95 million weights; loads strictly."""
    with torch.device("meta"):  # no need to draw weights that are replaced
        network = ClipEncoderNetwork(ClipEncoderConfig())
    weights = published_weights("dpt_head", "pub-dpt-head", of_audio=True)
    network.load_state_dict(weights, strict=True, assign=True)
    return network.eval()


@pytest.fixture(scope="session")
def recipe_conditions(draw) -> Callable[..., Conditions]:
    """Makes the conditions `den.*` of a batch size, everything given."""

    def make(batch: int, indicator: FloatArray | None = None, **changes) -> Conditions:
        given = np.ones(batch, dtype=bool)
        fields = {
            "speech": draw("den.audio", batch, 100, 512),
            "style": draw("den.style", batch, 128),
            "shape": draw("den.shape", batch, 100),
            "previous_motion": draw("den.prev_motion", batch, 10, 54),
            "previous_speech": draw("den.prev_audio", batch, 10, 512),
            "indicator": np.ones((batch, 100), np.float32) if indicator is None else indicator,
            "has_speech": given,
            "has_style": given,
            "has_previous": given,
        }
        return Conditions(**{**fields, **changes})

    return make


@pytest.fixture(scope="session")
def published_denoiser_file(published_network, tmp_path_factory) -> Path:
    """The published denoiser as a file, 138 MB; fewer steps are the first ones of its table."""
    path = tmp_path_factory.mktemp("published") / "denoiser.onnx"
    export_denoiser(published_network(DenoiserConfig()), path, repeats_motion=True)
    return path


@pytest.fixture(scope="session")
def published_sampler(published_denoiser_file, device) -> Callable[..., OnnxSampler]:
    """Makes the served sampler of clips, with changes to its configuration; each is kept."""
    path = published_denoiser_file.with_name("sampler.onnx")
    export_sampler(published_denoiser_file, path, for_clips=True)
    return functools.cache(
        lambda **changes: OnnxSampler(path, DenoiserConfig(**changes), device=device)
    )
