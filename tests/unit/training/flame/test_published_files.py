"""Checkpoints of the published format: complete, and read back by the importer."""

import json
from pathlib import Path

import pytest
import torch

from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.config import ClipEncoderConfig, DenoiserConfig
from posecast.denoising.torch_denoiser import ConditionedDenoiser
from posecast.errors import CheckpointMismatch
from posecast.official.checkpoint import load_denoiser_checkpoint, load_style_encoder_checkpoint
from posecast.official.unpickling import read_checkpoint
from posecast.training.flame.network import FlameTrainingNetwork
from posecast.training.flame.pretrained import read_speech_encoder, read_style_encoder
from posecast.training.flame.published_files import (
    published_state,
    write_denoiser,
    write_style_encoder,
)

TABLES = Path(__file__).parents[3] / "assets" / "parity"
DENOISER_TRAINING = {"cfg_mode": "incremental", "guiding_conditions": "audio,style"}


@pytest.fixture
def network(tiny_training):
    torch.manual_seed(4)
    return FlameTrainingNetwork(
        ConditionedDenoiser(tiny_training.config), ClipEncoderNetwork(tiny_training.clip_encoder)
    )


@pytest.mark.parametrize(("table", "motion_dim"), [("dpt_head", 54), ("dpt_nohead", 51)])
def test_a_denoiser_of_published_size_has_every_published_tensor(table, motion_dim):
    with torch.device("meta"):
        network = FlameTrainingNetwork(
            ConditionedDenoiser(DenoiserConfig(motion_dim=motion_dim)),
            ClipEncoderNetwork(ClipEncoderConfig()),
        )

    state = published_state(network)

    wanted = json.loads((TABLES / f"shapes_{table}.json").read_text())
    assert {name: list(value.shape) for name, value in state.items()} == wanted


def test_a_denoiser_is_read_back_by_the_importer(network, tmp_path):
    path = tmp_path / "checkpoints" / "iter_0000012.pt"

    write_denoiser(path, network, 12, DENOISER_TRAINING | {"style_enc_ckpt": "runs/se/x.pt"})

    read = load_denoiser_checkpoint(path)
    assert read.config == network.denoiser.config
    assert read.clip_encoder == network.clip_encoder.config
    assert read.iteration == 12
    assert read.settings.style_encoder == "runs/se/x.pt"
    for mine, theirs in (
        (network.denoiser.state_dict(), read.denoiser_state),
        (network.clip_encoder.state_dict(), read.clip_encoder_state),
    ):
        assert set(mine) == set(theirs)
        assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert list(tmp_path.rglob("*.partial")) == []


def test_buffers_of_other_settings_are_written_too(network, tmp_path, tiny_training):
    import dataclasses

    config = dataclasses.replace(
        tiny_training.config, learned_positions=False, alignment_width=2, uses_indicator=False
    )
    other = FlameTrainingNetwork(ConditionedDenoiser(config), network.clip_encoder)

    write_denoiser(tmp_path / "a.pt", other, 1, DENOISER_TRAINING)

    assert load_denoiser_checkpoint(tmp_path / "a.pt").config == config
    assert "denoising_net.PE.pe" in published_state(other)
    blind = dataclasses.replace(config, alignment_width=0)
    everywhere = FlameTrainingNetwork(ConditionedDenoiser(blind), network.clip_encoder)
    assert "denoising_net.alignment_mask" not in published_state(everywhere)


def test_a_style_encoder_is_read_back_by_the_importer(tiny_style, tmp_path):
    network = StyleEncoderNetwork(tiny_style)
    path = tmp_path / "iter_0000003.pt"

    write_style_encoder(path, network, 3, {"exp_name": "mine", "temperature": 0.1})

    read = load_style_encoder_checkpoint(path)
    assert (read.config, read.name, read.iteration) == (tiny_style, "mine", 3)
    again = read_style_encoder(path)
    motion = torch.randn(2, 20, 54)
    torch.testing.assert_close(again(motion), network.eval()(motion))
    arguments = vars(read_checkpoint(path)["args"])
    assert arguments["no_head_pose"] is False
    assert (arguments["feature_dim"], arguments["n_heads"], arguments["temperature"]) == (8, 2, 0.1)


def stock(network, prefix):
    """A file as stock HuBERT comes: no map, older names, a head for letters."""
    state = {}
    for name, value in network.audio_encoder.state_dict().items():
        older = name.replace("parametrizations.weight.original0", "weight_g")
        older = older.replace("parametrizations.weight.original1", "weight_v")
        state[prefix + older] = value
    return state | {"lm_head.weight": torch.zeros(2, 2)}


@pytest.mark.parametrize(
    ("prefix", "kind"), [("", "hubert"), ("hubert.", "hubert"), ("wav2vec2.", "wav2vec2")]
)
def test_a_stock_speech_encoder_is_gone_on_with(network, tmp_path, prefix, kind):
    torch.save(stock(network.clip_encoder, prefix), tmp_path / "pytorch_model.bin")

    read = read_speech_encoder(tmp_path / "pytorch_model.bin", feature_dim=12, dropout=0.0)

    assert read.config.kind == kind
    assert read.audio_feature_map.weight.shape == (12, 64)
    mine, theirs = (n.audio_encoder.state_dict() for n in (network.clip_encoder, read))
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_a_denoisers_speech_encoder_is_gone_on_with(network, tmp_path):
    write_denoiser(tmp_path / "a.pt", network, 1, DENOISER_TRAINING)

    read = read_speech_encoder(tmp_path / "a.pt", feature_dim=16, dropout=0.0)

    mine, theirs = network.clip_encoder.state_dict(), read.state_dict()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    with pytest.raises(CheckpointMismatch, match="of 16 features; expected 20"):
        read_speech_encoder(tmp_path / "a.pt", feature_dim=20, dropout=0.0)


def test_what_is_no_speech_encoder_is_told(network, tmp_path):
    torch.save({"weight": torch.zeros(2)}, tmp_path / "other.bin")
    with pytest.raises(CheckpointMismatch, match="feature_projection.projection.weight is missing"):
        read_speech_encoder(tmp_path / "other.bin", 16, 0.0)
    state = stock(network.clip_encoder, "")
    del state["encoder.layer_norm.weight"]
    torch.save(state, tmp_path / "part.bin")
    with pytest.raises(CheckpointMismatch, match="part.bin: missing tensors: .*layer_norm.weight"):
        read_speech_encoder(tmp_path / "part.bin", 16, 0.0)
