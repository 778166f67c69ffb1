"""`posecast train flame-*`: what the command line says is what is done."""

import argparse

import numpy as np
import pytest
import torch

from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.errors import InvalidRequest
from posecast.official.checkpoint import load_style_encoder_checkpoint
from posecast.training import commands
from posecast.training.flame import arguments as options
from posecast.training.flame import denoiser_stage, rehearsal
from posecast.training.flame.denoiser_stage import DenoiserTraining
from posecast.training.flame.open_clips import open_clips
from posecast.training.flame.published_files import write_style_encoder
from posecast.training.flame.rehearsal import Rehearsal
from posecast.training.flame.style_stage import StyleTraining
from posecast.training.plan import TrainingPlan


def parse(*arguments):
    parser = argparse.ArgumentParser()
    commands.add_arguments(parser.add_subparsers(dest="stage", required=True))
    return parser.parse_args([str(argument) for argument in arguments])


def run(*arguments):
    commands.run(parse(*arguments))


def test_data_are_made_up_split_measured_and_converted(tmp_path, capsys):
    folder = tmp_path / "folder"
    run("flame-data", "made-up", folder, "--persons", 3, "--clips", 1, "--seconds", 4.2)
    run("flame-data", "split", folder, "--validation", 1, "--test", 1, "--seed", 3)
    run("flame-data", "statistics", folder, "--passes", 2)
    run("flame-data", "convert", folder, tmp_path / "lmdb")

    assert capsys.readouterr().out.splitlines() == [
        "train: 1 persons, val: 1 persons, test: 1 persons",
        str(folder / "stats_train.npz"),
        f"3 clips in {tmp_path / 'lmdb'}",
    ]
    clips = open_clips(tmp_path / "lmdb")
    assert clips.num_frames("person002/000") == 105
    assert len(clips.keys("train")) == 1
    with np.load(tmp_path / "lmdb" / "stats_train.npz") as archive:
        assert len(archive.files) == 12


def test_new_names_of_a_conversion_are_printed(tmp_path, capsys):
    run("flame-data", "made-up", tmp_path / "a", "--persons", 1, "--clips", 1, "--seconds", 1)
    (tmp_path / "a" / "person000" / "000.flac").rename(tmp_path / "a" / "person000" / "x.flac")
    (tmp_path / "a" / "person000" / "000.npz").rename(tmp_path / "a" / "person000" / "x.npz")

    run("flame-data", "convert", tmp_path / "a", tmp_path / "b")

    assert capsys.readouterr().out.splitlines()[0] == "person000/x -> person000/000"


def test_the_defaults_are_the_published_training(tmp_path):
    style = parse("flame-style-encoder", "data", "--run", tmp_path)
    denoiser = parse("flame-denoiser", "data", "--run", tmp_path)

    assert options.read_style_training(style) == StyleTraining()
    assert options.read_denoiser_training(denoiser, 128) == DenoiserTraining()
    published = {
        "learning_rate": 1e-4,
        "decay": "none",
        "weight_decay": 0.0,
        "square_decay": 0.999,
        "largest_gradient": None,
        "accumulated_batches": 1,
        "precision": "full",
        "average_decay": 0.0,
        "checkpoint_steps": 1000,
        "log_steps": 50,
        "device": "auto",
    }
    assert options.read_plan(style) == TrainingPlan(steps=100_000, warmup_steps=1, **published)
    assert options.read_plan(denoiser) == TrainingPlan(
        steps=200_000, warmup_steps=5000, **published
    )


def test_every_choice_arrives(tmp_path):
    arguments = parse(
        "flame-denoiser", "data", "--run", tmp_path, "--no-head-pose", "--target", "noise",
        "--schedule", "linear", "--diffusion-steps", 50, "--alignment-width", 3, "--no-indicator",
        "--no-learned-positions", "--cut-probabilities", 0.1, 0.2, "--pad-mode", "replicate",
        "--guidance", "independent", "--guided", "audio", "--hear-both", "--criterion", "l1",
        "--no-constrain-previous", "--head-angle", 7, "--tune-all", "--accumulate", 4,
        "--average-decay", 0.99, "--mixed-precision", "--no-tensorboard", "--save-steps", 3,
    )  # fmt: skip

    training = options.read_denoiser_training(arguments, 64)

    config = training.config
    assert (config.motion_dim, config.style_dim, config.target) == (51, 64, "noise")
    assert (config.schedule, config.num_steps, config.alignment_width) == ("linear", 50, 3)
    assert not config.uses_indicator
    assert not config.learned_positions
    pairs = training.pairs
    assert (pairs.cut_probabilities, pairs.pad_mode) == ((0.1, 0.2), "replicate")
    assert (pairs.guidance, pairs.guided, pairs.hears_both) == ("independent", ("audio",), True)
    assert (training.criterion, training.constrains_previous) == ("l1", False)
    assert training.weights.head_angle == 7
    assert not training.freezes_encoder
    assert not training.uses_tensorboard
    assert training.cadence.save_steps == 3
    plan = options.read_plan(arguments)
    assert (plan.accumulated_batches, plan.average_decay, plan.precision) == (4, 0.99, "auto")
    styleless = parse("flame-denoiser", "data", "--run", tmp_path)
    assert options.read_denoiser_training(styleless, 0).pairs.guided == ("audio",)


def test_a_style_encoder_is_trained(tmp_path, capsys):
    folder = tmp_path / "clips"
    run("flame-data", "made-up", folder, "--persons", 4, "--clips", 1, "--seconds", 8.4)
    run("flame-data", "split", folder, "--validation", 1, "--test", 1)
    run("flame-data", "statistics", folder, "--passes", 1)
    (folder / "val.txt").unlink()  # one person alone

    run(
        "flame-style-encoder", folder, "--run", tmp_path / "se", "--width", 8, "--layers", 1,
        "--heads", 2, "--steps", 2, "--batch-size", 2, "--readers", 1, "--device", "cpu",
        "--crop", "begin", "--no-tensorboard",
    )  # fmt: skip

    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "se" / "checkpoints")
    saved = load_style_encoder_checkpoint(tmp_path / "se" / "checkpoints" / "iter_0000002.pt")
    assert saved.config.width == 8


def test_a_denoiser_is_given_its_teachers(clip_folder, tiny_training, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(denoiser_stage, "train_denoiser", lambda *given: calls.append(given))
    speech = ClipEncoderNetwork(tiny_training.clip_encoder)
    torch.save(speech.audio_encoder.state_dict(), tmp_path / "pytorch_model.bin")
    write_style_encoder(tmp_path / "style.pt", StyleEncoderNetwork(StyleTraining().config), 1, {})

    run(
        "flame-denoiser", clip_folder, "--run", tmp_path / "run", "--style-encoder",
        tmp_path / "style.pt", "--speech-encoder", tmp_path / "pytorch_model.bin", "--steps", 3,
    )  # fmt: skip
    run("flame-denoiser", clip_folder, "--run", tmp_path / "run", "--steps", 3)

    (data, teachers, training, plan, folder), (_, bare, styleless, _, _) = calls
    assert data.clips.folder == clip_folder
    assert teachers.style_encoder_file == tmp_path / "style.pt"
    assert teachers.style_encoder.config.width == training.config.style_dim == 128
    assert teachers.speech.config.feature_dim == training.config.speech_dim == 512
    assert teachers.speech.config.width == 64
    assert teachers.vertices is None
    assert (plan.steps, folder) == (3, tmp_path / "run")
    assert (bare.style_encoder, bare.speech, styleless.config.style_dim) == (None, None, 0)


def test_a_rehearsal_is_as_long_as_it_is_told(tmp_path, monkeypatch, capsys):
    calls = []
    monkeypatch.setattr(rehearsal, "rehearse", lambda *given: calls.append(given) or "path")

    run(
        "flame-rehearsal", "--run", tmp_path / "run", "-o", tmp_path / "out", "--persons", 12,
        "--style-steps", 2, "--steps", 3,
    )  # fmt: skip

    wanted = Rehearsal(num_persons=12, style_steps=2, denoiser_steps=3)
    assert calls == [(wanted, tmp_path / "run", tmp_path / "out")]
    assert capsys.readouterr().out == "path\n"


def test_a_rehearsal_needs_persons_for_each_split(tmp_path):
    with pytest.raises(InvalidRequest, match="5 persons; allowed: 12 and more"):
        run("flame-rehearsal", "--run", tmp_path, "-o", tmp_path, "--persons", 5)
