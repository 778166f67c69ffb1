"""The trainings themselves, three steps each, from a made-up corpus to a face that moves."""

import json

import numpy as np
import pytest
import torch

from posecast.checkpoints import load_package
from posecast.config import (
    AnimationOptions,
    DenoiserConfig,
    ModelConfig,
    SpeechEncoderConfig,
    StyleEncoderConfig,
)
from posecast.errors import CheckpointMismatch
from posecast.rig.arkit import CURVE_INDEX, MOTION_DIM
from posecast.rig.retarget import MotionScale
from posecast.session.engine import AnimationEngine
from posecast.session.pipeline import animate
from posecast.signals import Waveform
from posecast.training import denoiser as denoiser_stage
from posecast.training import encoded_tapes
from posecast.training import speech_encoder as speech_stage
from posecast.training.augment import normalise_levels
from posecast.training.corpus import describe_corpus
from posecast.training.default_model import DEFAULT_MODEL, RunFolder
from posecast.training.denoiser import train_denoiser
from posecast.training.encoded_tapes import TAPE_FRAMES, encode_tapes
from posecast.training.loop import TrainingPlan, read_checkpoint
from posecast.training.motion import STD_FLOOR, load_scale, measure_scale, save_scale
from posecast.training.package import export_run
from posecast.training.phones import CLASS_INDEX, NUM_CLASSES, UNKNOWN
from posecast.training.speech_encoder import train_speech_encoder
from posecast.training.style_encoder import contrastive_loss, train_style_encoder
from posecast.training.styles import NAMED_STYLES
from posecast.training.tapes import Crop, TapeSampler
from posecast.training.utterance import save_shard

_SPEECH = SpeechEncoderConfig(width=16, num_blocks=2, dilations=(1, 2))
TINY = ModelConfig(
    name="trained",
    version="0",
    speech_encoder=_SPEECH,
    style_encoder=StyleEncoderConfig(
        motion_dim=MOTION_DIM,
        width=16,
        num_layers=1,
        num_heads=2,
        sees_velocity=True,
        position_per_frame=True,
    ),
    denoiser=DenoiserConfig(
        motion_dim=MOTION_DIM,
        speech_dim=_SPEECH.feature_dim,
        style_dim=16,
        shape_dim=0,
        width=16,
        num_layers=1,
        num_heads=2,
        pre_norm=True,
        speech_skip=True,
        pads_windows=False,
    ),
    sampling_steps=2,
)
PLAN = TrainingPlan(steps=3, learning_rate=1e-3, warmup_steps=1)


@pytest.fixture(scope="module")
def run(utterances, tmp_path_factory):
    """A run whose three stages were trained for three steps."""
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    folder.corpus.mkdir()
    save_shard(folder.corpus / "espeak-000.npz", utterances)
    (folder.corpus / "corpus.json").write_text(json.dumps(describe_corpus(folder.corpus)))
    sampler = TapeSampler(utterances, np.random.default_rng(0))
    train_speech_encoder(sampler, TINY.speech_encoder, PLAN, folder.speech_encoder, 4)
    train_style_encoder(sampler, TINY, PLAN, folder, 4)
    train_denoiser(sampler, TINY, PLAN, folder, 4, num_tapes=24, num_styles=8)
    return folder


@pytest.fixture(scope="module")
def package(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    export_run(run, folder, TINY)
    return folder


@pytest.mark.parametrize(
    ("stage", "losses"),
    [
        ("speech_encoder", {"position", "velocity", "phones", "accents"}),
        ("style_encoder", {"contrast", "parameters"}),
        ("denoiser", {"position", "velocity", "head", "aperture"}),
    ],
)
def test_each_stage_logs_finite_losses_and_keeps_its_state(run, stage, losses):
    path = getattr(run, stage)
    assert read_checkpoint(path)["step"] == 3
    _, line = [json.loads(line) for line in path.with_suffix(".jsonl").read_text().splitlines()]
    assert line.keys() == {"step", "seconds", "device", *losses}
    means = [line[name] for name in losses]
    assert np.isfinite(means).all()
    assert all(mean > 0 for mean in means)


def test_an_exported_run_is_a_package_that_animates_in_every_named_style(package, speech_like):
    engine = AnimationEngine.load(package, device="cpu")
    assert engine.styles.names == tuple(NAMED_STYLES)
    assert engine.styles.describe("calm") == NAMED_STYLES["calm"].description
    nervous = engine.styles.get("nervous")
    assert (nervous.blink_rate_hz, nervous.gaze_range) == pytest.approx((0.75, 0.3))
    assert (nervous.head_wander_rad, nervous.head_tempo_hz) == pytest.approx((0.035, 0.55))
    clip = Waveform(samples=speech_like[:32_000], sample_rate_hz=16_000)
    faces = {
        name: animate(engine, clip, AnimationOptions(seed=1, style=name, frame_rate_hz=30))
        for name in ("neutral", "theatrical")
    }
    for frames in faces.values():
        assert len(frames) == 60
        assert np.isfinite(frames.weights).all()
        assert np.isfinite(frames.head).all()
        assert frames.weights.std(axis=0).max() > 0
    assert np.abs(faces["neutral"].weights - faces["theatrical"].weights).max() > 1e-3


def test_a_package_says_how_it_was_made(package):
    made_by = json.loads((package / "model.json").read_text())["made_by"]
    assert made_by["steps"] == {"speech_encoder": 3, "style_encoder": 3, "denoiser": 3}
    assert made_by["corpus"]["espeak"]["utterances"] == 4


def test_a_package_has_the_scale_of_its_training(package, run):
    loaded, scale = load_package(package), load_scale(run.statistics)
    np.testing.assert_allclose(loaded.motion_mean, scale.mean, atol=1e-6)
    np.testing.assert_allclose(loaded.motion_std, scale.std, atol=1e-6)


@pytest.mark.parametrize("stage", ["speech_encoder", "style_encoder", "denoiser", "statistics"])
def test_a_run_with_a_stage_missing_is_not_exported(run, tmp_path, stage):
    for name in ("speech_encoder", "style_encoder", "denoiser", "statistics"):
        if name != stage:
            path = getattr(run, name)
            (tmp_path / path.name).write_bytes(path.read_bytes())
    missing = getattr(run, stage).name
    with pytest.raises(CheckpointMismatch, match=f"{missing} is missing"):
        export_run(RunFolder(tmp_path), tmp_path / "package", TINY)


def test_the_same_seed_trains_the_same_network(utterances, tmp_path):
    one, two = (
        train_speech_encoder(
            TapeSampler(utterances, np.random.default_rng(0)),
            TINY.speech_encoder,
            PLAN,
            tmp_path / f"{name}.pt",
            2,
        )
        for name in ("one", "two")
    )
    for mine, theirs in zip(one.parameters(), two.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=0)


def test_a_second_style_training_keeps_the_scale_of_the_first(run, sampler):
    before = run.statistics.read_bytes()
    train_style_encoder(sampler, TINY, PLAN, run, 4)
    assert run.statistics.read_bytes() == before


def test_the_default_model_fits_together():
    assert DEFAULT_MODEL.denoiser.speech_dim == DEFAULT_MODEL.speech_encoder.feature_dim
    assert DEFAULT_MODEL.denoiser.style_dim == DEFAULT_MODEL.style_encoder.width
    assert DEFAULT_MODEL.denoiser.motion_dim == DEFAULT_MODEL.style_encoder.motion_dim == MOTION_DIM


def test_labels_of_a_frame_are_those_before_and_after_its_instant():
    labels = np.repeat(np.arange(4), 4)  # changes at the instants of frames 1, 2 and 3
    crop = Crop(
        mel=np.zeros((16, 80), np.float32),
        tracks=np.zeros((16, 9), np.float32),
        labels=labels,
        accents=np.zeros((0, 2), np.float32),
    )
    batch = speech_stage._collate([crop])
    assert batch.labels[0].tolist() == [[0, 0], [0, 1], [1, 2], [2, 3]]


def test_untrusted_frames_teach_the_speech_encoder_nothing():
    """Other labels, tracks and accents where nothing is trusted give the same losses."""
    rng = np.random.default_rng(2)
    mel = rng.normal(size=(64, 80)).astype(np.float32)

    def losses(hidden_part):
        tracks = np.full((64, 9), 0.3, np.float32)
        labels = np.full(64, CLASS_INDEX["A"])
        tracks[:32], labels[:32] = hidden_part, UNKNOWN
        crop = Crop(mel=mel, tracks=tracks, labels=labels, accents=np.zeros((0, 2), np.float32))
        torch.manual_seed(1)
        network = speech_stage.SpeechEncoderNetwork(TINY.speech_encoder, NUM_CLASSES).eval()
        found = speech_stage._losses(
            network, speech_stage._collate([crop]), 3, torch.Generator().manual_seed(1)
        )
        return {name: float(loss.detach()) for name, loss in found.items()}

    assert losses(0.0) == pytest.approx(losses(1.0))


class DelayedOracle(torch.nn.Module):
    """Knows the truth, and says of each frame when its look-ahead has been heard."""

    def __init__(self, batch, delay):
        super().__init__()
        self._tracks = torch.roll(batch.tracks, delay, dims=1)
        self._accents = torch.roll(batch.accents, delay, dims=1)

    def initial_state(self, batch):
        return []

    def hidden(self, mel, state):
        return mel, state

    def heads(self, hidden):
        phones = torch.zeros(*self._accents.shape, 2, NUM_CLASSES)
        return self._tracks, self._accents, phones


@pytest.mark.parametrize("delay", [2, 3, 4])
def test_the_speech_encoder_is_asked_for_a_frame_once_its_look_ahead_is_heard(utterances, delay):
    sampler = TapeSampler(utterances[:4], np.random.default_rng(1))  # all labels are known
    batch = speech_stage._collate([sampler.draw(440) for _ in range(3)])
    found = speech_stage._losses(
        DelayedOracle(batch, delay), batch, 3, torch.Generator().manual_seed(1)
    )
    is_right = [float(found[name]) < 1e-9 for name in ("position", "velocity", "accents")]
    assert is_right == [delay == 3] * 3


def test_features_of_a_tape_are_those_of_its_frames(utterances, monkeypatch):
    torch.manual_seed(1)
    network = speech_stage.SpeechEncoderNetwork(TINY.speech_encoder, NUM_CLASSES).eval()
    monkeypatch.setattr(encoded_tapes, "augment", lambda mel, generator: mel)
    first, again = (TapeSampler(utterances, np.random.default_rng(1)) for _ in range(2))
    (tape, *_) = encode_tapes(first, network, 1, seed=1)
    crop = again.draw(4 * TAPE_FRAMES)
    with torch.no_grad():
        outputs, *_ = network(
            normalise_levels(torch.from_numpy(crop.mel[None])), *network.initial_state(1)
        )
    expected = outputs[0, TINY.speech_encoder.look_ahead_frames :].numpy()
    # Training computes in bfloat16, whose numbers have eight bits.
    assert np.abs(tape.speech - expected).mean() < 0.02
    assert np.abs(tape.speech[:-1] - expected[1:]).mean() > 0.05
    np.testing.assert_array_equal(tape.tracks, crop.frame_tracks()[: len(tape.tracks)])


def test_tapes_carry_as_much_of_everything(sampler):
    torch.manual_seed(1)
    network = speech_stage.SpeechEncoderNetwork(TINY.speech_encoder, NUM_CLASSES).eval()
    tapes = encode_tapes(sampler, network, 24, seed=1)
    assert len(tapes) == 24
    for tape in tapes:
        length = TAPE_FRAMES - TINY.speech_encoder.look_ahead_frames
        assert tape.speech.shape == (length, TINY.speech_encoder.feature_dim)
        assert len(tape.tracks) == len(tape.trusted) == length
    np.testing.assert_allclose(
        tapes[0].accents_from(25)[:, 0], tapes[0].accents[:, 0] - 1.0, atol=1e-6
    )


def test_the_scale_of_motion_spares_rare_curves_and_drops_still_ones(sampler):
    scale = measure_scale(sampler, num_clips=20)
    assert scale.std[CURVE_INDEX["eyeBlinkLeft"]] == 0  # drawn at run time
    assert scale.std[CURVE_INDEX["cheekPuff"]] == 0
    moving = scale.std[scale.std > 0]
    assert moving.min() >= STD_FLOOR
    assert scale.std[CURVE_INDEX["jawOpen"]] > 0.05


def test_a_scale_comes_back_as_it_was_stored(tmp_path):
    rng = np.random.default_rng(1)
    scale = MotionScale(
        mean=rng.normal(size=MOTION_DIM).astype(np.float32),
        std=rng.uniform(size=MOTION_DIM).astype(np.float32),
    )
    save_scale(tmp_path / "new" / "scale.npz", scale)
    loaded = load_scale(tmp_path / "new" / "scale.npz")
    np.testing.assert_array_equal(loaded.mean, scale.mean)
    np.testing.assert_array_equal(loaded.std, scale.std)


def test_pairs_that_agree_have_a_lower_contrast_than_pairs_that_do_not():
    torch.manual_seed(3)
    first = torch.randn(6, 8)
    paired = contrastive_loss(torch.cat([first, first + 0.01 * torch.randn(6, 8)]), 0.1)
    mixed = contrastive_loss(torch.cat([first, first.roll(1, dims=0)]), 0.1)
    assert paired < 0.5
    assert mixed > paired + 1


def test_windows_that_start_a_stream_have_nothing_before_them_and_the_tapes_beginning(
    run, sampler, monkeypatch
):
    network = speech_stage.SpeechEncoderNetwork(TINY.speech_encoder, NUM_CLASSES).eval()
    tapes = encode_tapes(sampler, network, 24, seed=1)
    batcher = denoiser_stage._Batcher(
        tapes, None, load_scale(run.statistics), TINY.denoiser, np.random.default_rng(1)
    )
    style = NAMED_STYLES["neutral"].parameters
    for share, starts in ((1.0, 1.0), (0.0, 0.0)):
        monkeypatch.setattr(denoiser_stage, "_STARTS", share)
        motion, speech, trusted, is_start = batcher._window(style, 25)
        assert is_start == starts
        assert motion.shape == (35, MOTION_DIM)
        assert len(speech) == len(trusted) == 35
        assert bool(np.abs(speech[:10]).sum() == 0) == bool(starts)
        begins = any(
            np.array_equal(speech[10:], tape.speech[:25].astype(np.float32)) for tape in tapes
        )
        assert begins == bool(starts)
