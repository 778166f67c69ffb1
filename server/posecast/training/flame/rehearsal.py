"""Rehearses the whole training on made-up persons: tiny networks, minutes on one core."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from posecast.conditioning.torch_hubert import ClipEncoderNetwork
from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
from posecast.config import ClipEncoderConfig, DenoiserConfig, StyleEncoderConfig
from posecast.rig.flame_layout import WITH_HEAD_DIM
from posecast.training.devices import describe_machine
from posecast.training.flame.batches import Supply
from posecast.training.flame.curves import Curve, draw_curves, read_curves, read_seconds
from posecast.training.flame.data import FlameData, open_data
from posecast.training.flame.denoiser_stage import DenoiserTraining, Teachers, train_denoiser
from posecast.training.flame.judge import measure_obedience, measure_retrieval
from posecast.training.flame.layer import TorchFlameLayer
from posecast.training.flame.made_up import SPOKEN_COLUMNS, make_up_head, write_made_up_clips
from posecast.training.flame.measured_statistics import measure_statistics, write_statistics
from posecast.training.flame.network import FlameTrainingNetwork
from posecast.training.flame.open_clips import open_clips
from posecast.training.flame.run_observer import Cadence
from posecast.training.flame.splits import split_persons
from posecast.training.flame.style_stage import StyleTraining, train_style_encoder
from posecast.training.plan import TrainingPlan

SUMMARY_FILE, PICTURE_FILE = "summary.json", "curves.png"
_SPOKEN = (*SPOKEN_COLUMNS, WITH_HEAD_DIM - 1)  # of the motion: two expressions, the jaw's opening
_STYLE = StyleEncoderConfig(motion_dim=WITH_HEAD_DIM, width=64, num_layers=2, num_heads=2)
_SPEECH = ClipEncoderConfig(
    conv_dims=(8, 8, 16, 16, 32, 32, 32),
    width=64,
    num_layers=2,
    num_heads=1,
    feed_forward=128,
    position_kernel=16,
    position_groups=4,
    feature_dim=64,
)
_DENOISER = DenoiserConfig(
    motion_dim=WITH_HEAD_DIM,
    speech_dim=_SPEECH.feature_dim,
    style_dim=_STYLE.width,
    width=64,
    num_layers=2,
    num_heads=4,
    num_steps=100,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """How much is rehearsed."""

    num_persons: int = 120
    """Made-up persons, a sixth of them for validation and a sixth for the test."""
    seconds: float = 12.0
    """Length of each of their two clips."""
    style_steps: int = 150
    """Steps of the style encoder."""
    denoiser_steps: int = 700
    """Steps of the denoiser."""
    batch_size: int = 8
    """Pairs of windows of a step; the style encoder takes twice as many persons."""
    seed: int = 0
    """Seed of everything."""


def rehearse(rehearsal: Rehearsal, run: Path, output: Path) -> Path:
    """Make data, train, judge on persons that were never seen, and write figures.

    Args:
        rehearsal: How much.
        run: Folder for clips and runs; what is there is gone on with.
        output: Folder of the figures: `summary.json` and `curves.png`.

    Returns:
        The summary's path.

    Raises:
        MissingDependency: If matplotlib, which draws the picture, is not installed.
    """
    data = _prepare(rehearsal, run / "clips")
    held_out = _strangers(data, rehearsal)
    torch.manual_seed(rehearsal.seed)
    untrained = StyleEncoderNetwork(_STYLE)
    encoder = _train_style(rehearsal, data, run / "style-encoder")
    checkpoint = run / "style-encoder" / "checkpoints" / f"iter_{rehearsal.style_steps:07d}.pt"
    beginning = _train_denoiser(rehearsal, data, encoder, checkpoint, run / "beginning", steps=1)
    network = _train_denoiser(
        rehearsal, data, encoder, checkpoint, run / "denoiser", steps=rehearsal.denoiser_steps
    )
    curves = {name: read_curves(run / name) for name in ("style-encoder", "denoiser")}
    summary = {
        "command": "posecast train flame-rehearsal",
        "machine": describe_machine(torch.device("cpu")),
        "training_seconds": {name: read_seconds(run / name) for name in curves},
        "rehearsal": dataclasses.asdict(rehearsal),
        "retrieval": {
            "untrained": dataclasses.asdict(measure_retrieval(untrained, held_out)),
            "trained": dataclasses.asdict(measure_retrieval(encoder, held_out)),
        },
        "speech": {
            "after_one_step": _judge_speech(beginning, encoder, held_out),
            "trained": _judge_speech(network, encoder, held_out),
        },
        "curves": {
            run_name: {name: dataclasses.asdict(curve) for name, curve in own.items()}
            for run_name, own in curves.items()
        },
    }
    return _write(output, summary, curves)


def _prepare(rehearsal: Rehearsal, folder: Path) -> FlameData:
    if not folder.exists():
        write_made_up_clips(
            folder,
            num_persons=rehearsal.num_persons,
            clips_each=2,
            seconds=rehearsal.seconds,
            seed=rehearsal.seed,
        )
        clips = open_clips(folder)
        sixth = rehearsal.num_persons // 6
        split_persons(clips, num_validation=sixth, num_test=sixth, seed=rehearsal.seed)
        write_statistics(clips, measure_statistics(clips, num_passes=20, seed=rehearsal.seed))
    return open_data(folder)


def _strangers(data: FlameData, rehearsal: Rehearsal) -> Supply:
    """Clips of all persons that are not trained on; validation chooses nothing here."""
    supply = data.supply("test", WITH_HEAD_DIM, rehearsal.batch_size, rehearsal.seed)
    keys = [*supply.keys, *data.clips.keys("val")]
    return dataclasses.replace(supply, keys=keys)


def _train_style(rehearsal: Rehearsal, data: FlameData, run: Path) -> StyleEncoderNetwork:
    steps = rehearsal.style_steps
    training = StyleTraining(
        config=_STYLE,
        batch_size=2 * rehearsal.batch_size,
        cadence=Cadence(save_steps=steps, validation_steps=max(1, steps // 10)),
    )
    return train_style_encoder(data, training, _plan(steps, rehearsal.seed, warmup_steps=30), run)


def _train_denoiser(
    rehearsal: Rehearsal,
    data: FlameData,
    encoder: StyleEncoderNetwork,
    checkpoint: Path,
    run: Path,
    *,
    steps: int,
) -> FlameTrainingNetwork:
    training = DenoiserTraining(
        config=_DENOISER,
        clip_encoder=_SPEECH,
        freezes_encoder=False,
        batch_size=rehearsal.batch_size,
        dropout=0.0,  # a rehearsal is too short to need any
        cadence=Cadence(save_steps=steps, validation_steps=max(1, steps // 6)),
        validation_passes=1,
    )
    torch.manual_seed(rehearsal.seed)
    teachers = Teachers(
        style_encoder=encoder,
        style_encoder_file=checkpoint,
        vertices=TorchFlameLayer(make_up_head()),
        speech=ClipEncoderNetwork(_SPEECH, dropout=0.0, layer_drop=0.0),
    )
    plan = _plan(steps, rehearsal.seed, warmup_steps=100)
    return train_denoiser(data, teachers, training, plan, run)


def _plan(steps: int, seed: int, *, warmup_steps: int) -> TrainingPlan:
    """The published optimiser at ten times the published rate."""
    return TrainingPlan(
        steps=steps,
        learning_rate=1e-3,
        decay="none",
        warmup_steps=warmup_steps,
        weight_decay=0.0,
        square_decay=0.999,
        largest_gradient=None,
        precision="full",
        average_decay=0.0,
        checkpoint_steps=100,
        log_steps=max(1, steps // 30),
        seed=seed,
    )


def _judge_speech(
    network: FlameTrainingNetwork, encoder: StyleEncoderNetwork, held_out: Supply
) -> dict[str, Any]:
    return dataclasses.asdict(measure_obedience(network, encoder, held_out, _SPOKEN))


def _write(output: Path, summary: dict[str, Any], curves: dict[str, dict[str, Curve]]) -> Path:
    output.mkdir(parents=True, exist_ok=True)
    draw_curves(curves, output / PICTURE_FILE)
    path = output / SUMMARY_FILE
    path.write_text(_as_text(summary), encoding="utf-8", newline="\n")
    return path


def _as_text(summary: dict[str, Any]) -> str:
    """JSON with four digits after the point and each list on one line."""
    rounded = json.loads(json.dumps(summary), parse_float=lambda text: round(float(text), 4))
    text = json.dumps(rounded, indent=1) + "\n"
    return re.sub(r"\[[^\[\]]*\]", lambda found: " ".join(found[0].split()), text)
