"""The trainings, a few steps of tiny networks: what they write, and that they go on exactly."""

import dataclasses
import json
import logging

import pytest
import torch
from torch import nn

from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.errors import CheckpointMismatch, InvalidRequest, TrainingPaused
from posecast.official.checkpoint import load_denoiser_checkpoint, load_style_encoder_checkpoint
from posecast.official.unpickling import read_checkpoint
from posecast.training.flame.data import open_data
from posecast.training.flame.denoiser_stage import Teachers, train_denoiser
from posecast.training.flame.layer import TorchFlameLayer
from posecast.training.flame.losses import LossWeights
from posecast.training.flame.made_up import make_up_head
from posecast.training.flame.run_observer import Cadence
from posecast.training.flame.style_stage import StyleTraining, train_style_encoder


@pytest.fixture
def style_training(tiny_style):
    return StyleTraining(
        config=tiny_style,
        clip_frames=40,
        batch_size=2,
        cadence=Cadence(save_steps=2, validation_steps=3),
        uses_tensorboard=False,
    )


@pytest.fixture
def teachers(tiny_style):
    torch.manual_seed(9)
    return Teachers(
        style_encoder=StyleEncoderNetwork(tiny_style),
        style_encoder_file=None,
        vertices=TorchFlameLayer(make_up_head(12)),
    )


def assert_same(one, other):
    for (name, mine), theirs in zip(
        one.state_dict().items(), other.state_dict().values(), strict=True
    ):
        assert torch.equal(mine, theirs), name


def read_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_style_encoder_is_saved_and_validated_as_it_goes(
    data, style_training, make_plan, tmp_path
):
    run = tmp_path / "se-mine"

    trained = train_style_encoder(data, style_training, make_plan(5), run)

    saved = sorted(path.name for path in (run / "checkpoints").iterdir())
    assert saved == ["iter_0000002.pt", "iter_0000004.pt", "iter_0000005.pt"]
    last = load_style_encoder_checkpoint(run / "checkpoints" / "iter_0000005.pt")
    assert (last.name, last.iteration) == ("se-mine", 5)
    assert all(torch.equal(last.state[n], v) for n, v in trained.state_dict().items())
    assert not trained.training
    validated = read_lines(run / "validation.jsonl")
    assert [line["step"] for line in validated] == [3, 5]
    assert all(line["contrast"] == line["total"] > 0 for line in validated)
    logged = [line for line in read_lines(run / "state.jsonl") if "step" in line]
    assert [line["step"] for line in logged] == [1, 2, 3, 4, 5]


def test_a_denoiser_is_saved_and_validated_as_it_goes(
    data, teachers, tiny_training, make_plan, tmp_path
):
    run = tmp_path / "dpt-mine"

    trained = train_denoiser(data, teachers, tiny_training, make_plan(3), run)

    saved = run / "checkpoints" / "iter_0000003.pt"
    read = load_denoiser_checkpoint(saved)
    assert (read.config, read.iteration) == (tiny_training.config, 3)
    state = trained.denoiser.state_dict()
    assert all(torch.equal(read.denoiser_state[name], value) for name, value in state.items())
    arguments = vars(read_checkpoint(saved)["args"])
    wanted = {"l_vert": 2e6, "l_vel": 1e7, "l_head_trans": 0.5, "trunc_prob2": 0.4, "lr": 1e-3}
    assert {name: arguments[name] for name in wanted} == wanted
    assert arguments["exp_name"] == "dpt-mine"
    (line,) = (line for line in read_lines(run / "validation.jsonl") if line["step"] == 2)
    assert line["vertices"] > 0
    assert line["total"] == pytest.approx(
        sum(value for name, value in line.items() if name not in {"step", "total"}), abs=1e-3
    )


@pytest.mark.parametrize("changes", [{}, {"average_decay": 0.5, "accumulated_batches": 2}])
def test_a_resumed_denoiser_ends_where_an_uninterrupted_one_does(
    data, teachers, tiny_training, make_plan, tmp_path, changes
):
    whole = train_denoiser(data, teachers, tiny_training, make_plan(5, **changes), tmp_path / "a")

    train_denoiser(data, teachers, tiny_training, make_plan(2, **changes), tmp_path / "b")
    resumed = train_denoiser(data, teachers, tiny_training, make_plan(5, **changes), tmp_path / "b")

    assert_same(resumed, whole)
    one, other = (
        [line for line in read_lines(tmp_path / name / "state.jsonl") if "step" in line]
        for name in ("a", "b")
    )
    for mine, theirs in zip(one, other, strict=True):
        assert mine | {"seconds": 0} == theirs | {"seconds": 0}


def test_validation_changes_nothing_about_the_training(
    data, teachers, tiny_training, make_plan, tmp_path
):
    seldom = dataclasses.replace(tiny_training, cadence=Cadence(save_steps=99, validation_steps=99))

    one = train_denoiser(data, teachers, tiny_training, make_plan(4), tmp_path / "a")
    other = train_denoiser(data, teachers, seldom, make_plan(4), tmp_path / "b")

    assert_same(one, other)
    last = [read_lines(tmp_path / name / "validation.jsonl")[-1] for name in ("a", "b")]
    assert last[0] == last[1]


def test_what_is_frozen_stays_and_the_rest_moves(
    data, teachers, tiny_training, make_plan, tmp_path
):
    torch.manual_seed(1)
    config = dataclasses.replace(tiny_training.clip_encoder, num_layers=3)
    speech = ClipEncoderNetwork(config, layer_drop=0.0)
    before = {name: value.clone() for name, value in speech.state_dict().items()}
    training = dataclasses.replace(tiny_training, freezes_encoder=True)

    trained = train_denoiser(
        data, dataclasses.replace(teachers, speech=speech), training, make_plan(2), tmp_path
    )

    after = trained.clip_encoder.state_dict()
    moved = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert "audio_feature_map.weight" in moved
    assert "audio_encoder.encoder.layers.2.attention.q_proj.weight" in moved
    frozen = ("feature_extractor.", "feature_projection.", "encoder.layers.0.", "encoder.layers.1.")
    assert not [n for n in moved if n.removeprefix("audio_encoder.").startswith(frozen)]


def test_without_flame_vertices_are_left_out_and_that_is_said(
    data, teachers, tiny_training, make_plan, tmp_path, caplog
):
    bare = dataclasses.replace(teachers, vertices=None)
    with caplog.at_level(logging.WARNING):
        train_denoiser(data, bare, tiny_training, make_plan(1), tmp_path / "a")
        unweighed = dataclasses.replace(tiny_training, weights=LossWeights(vertices=0, velocity=0))
        train_denoiser(data, bare, unweighed, make_plan(1), tmp_path / "b")

    (record,) = caplog.records
    assert "no FLAME model was given" in record.message
    assert "--flame FILE" in record.message
    line = read_lines(tmp_path / "a" / "state.jsonl")[-1]
    assert "vertices" not in line
    assert line["head_angle"] > 0
    arguments = vars(read_checkpoint(tmp_path / "a" / "checkpoints" / "iter_0000001.pt")["args"])
    assert (arguments["l_vert"], arguments["l_vel"], arguments["l_smooth"]) == (0, 0, 0)


def test_parts_that_do_not_fit_are_refused(data, teachers, tiny_training, make_plan, tmp_path):
    def train(training=tiny_training, **changes):
        given = dataclasses.replace(teachers, **changes)
        train_denoiser(data, given, training, make_plan(1), tmp_path)

    with pytest.raises(InvalidRequest, match="styles of width 0 for a denoiser of 8"):
        train(style_encoder=None)
    wide = dataclasses.replace(teachers.style_encoder.config, motion_dim=51)
    with pytest.raises(InvalidRequest, match="motion of width 51 for a denoiser of 54"):
        train(style_encoder=StyleEncoderNetwork(wide))
    narrow = dataclasses.replace(tiny_training.clip_encoder, feature_dim=5)
    with pytest.raises(InvalidRequest, match="of 5 features for a denoiser of 16"):
        train(speech=ClipEncoderNetwork(narrow))
    with pytest.raises(InvalidRequest, match="cannot be frozen; give a pre-trained one"):
        train(dataclasses.replace(tiny_training, freezes_encoder=True))
    with pytest.raises(InvalidRequest, match="temperature 0; allowed: above 0"):
        StyleTraining(temperature=0)
    with pytest.raises(InvalidRequest, match="save_steps 0; allowed: 1 and more"):
        Cadence(save_steps=0, validation_steps=1)


def test_another_networks_state_is_refused(data, style_training, make_plan, tmp_path):
    train_style_encoder(data, style_training, make_plan(1), tmp_path)
    wider = dataclasses.replace(
        style_training, config=dataclasses.replace(style_training.config, width=16)
    )
    with pytest.raises(CheckpointMismatch, match="another network"):
        train_style_encoder(data, wider, make_plan(2), tmp_path)


def test_a_pause_loses_nothing(data, style_training, make_plan, tmp_path):
    with pytest.raises(TrainingPaused):
        train_style_encoder(data, style_training, make_plan(4, minutes=1e-9), tmp_path / "a")
    pieced = train_style_encoder(data, style_training, make_plan(4), tmp_path / "a")

    assert_same(pieced, train_style_encoder(data, style_training, make_plan(4), tmp_path / "b"))


def test_tensorboard_has_losses_rate_and_validation(data, style_training, make_plan, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    training = dataclasses.replace(style_training, uses_tensorboard=True)
    train_style_encoder(data, training, make_plan(3, warmup_steps=10), tmp_path)

    board = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    rates = [event.value for event in board.Scalars("plan/learning_rate")]
    assert rates == pytest.approx([1e-4, 2e-4, 3e-4])
    assert [event.step for event in board.Scalars("train/contrast")] == [1, 2, 3]
    assert [event.step for event in board.Scalars("validation/contrast")] == [3]


def test_a_set_without_splits_or_statistics_says_how_to_make_them(clip_folder, tmp_path):
    import shutil

    folder = tmp_path / "set"
    shutil.copytree(clip_folder, folder)
    (folder / "stats_train.npz").rename(folder / "mine.npz")
    assert open_data(folder, folder / "mine.npz").statistics_file == folder / "mine.npz"
    with pytest.raises(InvalidRequest, match="posecast train flame-data statistics"):
        open_data(folder)
    (folder / "train.txt").unlink()
    with pytest.raises(InvalidRequest, match="posecast train flame-data split"):
        open_data(folder)


def test_training_without_a_validation_split_does_without(
    clip_folder, style_training, make_plan, tmp_path
):
    import shutil

    folder = tmp_path / "set"
    shutil.copytree(clip_folder, folder)
    (folder / "val.txt").unlink()

    train_style_encoder(open_data(folder), style_training, make_plan(3), tmp_path / "run")

    assert not (tmp_path / "run" / "validation.jsonl").exists()


def test_parts_go_back_to_their_own_mode_after_a_validation(tmp_path, make_plan):
    from posecast.training.flame.run_observer import RunObserver

    network = nn.Sequential(nn.Dropout(), nn.Dropout()).train()
    network[1].eval()
    seen = []

    def validate(module):
        seen.append([part.training for part in module.modules()])
        return {"loss": 1.0}

    observer = RunObserver(
        tmp_path,
        make_plan(1),
        Cadence(save_steps=9, validation_steps=9),
        lambda *_: None,
        validate,
        uses_tensorboard=False,
    )
    with observer:
        observer.on_step(1, network)

    assert seen == [[False, False, False]]
    assert [part.training for part in network.modules()] == [True, True, False]


def test_mixed_precision_changes_losses_a_little(
    data, teachers, tiny_training, make_plan, tmp_path, monkeypatch
):
    """Networks run in bfloat16; what is compared, vertices above all, stays in float32."""
    monkeypatch.setattr("posecast.training.devices._has_fast_bfloat16", lambda: True)
    lines = {}
    for precision in ("full", "auto"):
        run = tmp_path / precision
        trained = train_denoiser(
            data, teachers, tiny_training, make_plan(1, precision=precision), run
        )
        assert {value.dtype for value in trained.parameters()} == {torch.float32}
        lines[precision] = read_lines(run / "state.jsonl")[-1]

    full, mixed = (
        {n: v for n, v in lines[p].items() if n not in {"seconds", "device"}}
        for p in ("full", "auto")
    )
    assert mixed != full
    assert mixed == pytest.approx(full, rel=0.05)
