"""The trainings themselves, three steps each, from a made-up corpus to a face that moves."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch

from posecast.checkpoints import load_package
from posecast.conditioning.onnx_speech_encoder import OnnxSpeechEncoder
from posecast.conditioning.torch_speech_encoder import SpeechEncoderNetwork
from posecast.config import (
    AnimationOptions,
    DenoiserConfig,
    ModelConfig,
    SpeechEncoderConfig,
    StyleEncoderConfig,
)
from posecast.denoising.torch_denoiser import ConditionedDenoiser
from posecast.errors import CheckpointMismatch
from posecast.rig.arkit import CURVE_INDEX, MOTION_DIM
from posecast.rig.retarget import MotionScale
from posecast.session.engine import AnimationEngine
from posecast.session.pipeline import animate
from posecast.signals import Waveform
from posecast.training import default_model
from posecast.training import denoiser as denoiser_stage
from posecast.training.contrast import contrastive_loss
from posecast.training.corpus import describe_corpus, load_corpus
from posecast.training.default_model import DEFAULT_MODEL, RunFolder
from posecast.training.denoiser import DenoiserSupply, train_denoiser
from posecast.training.encoded_tapes import encode_tapes
from posecast.training.held_out import NUM_FOLDS, fold_of
from posecast.training.loop import TrainingPlan, load_average, read_checkpoint
from posecast.training.motion import STD_FLOOR, load_scale, measure_scale, save_scale
from posecast.training.package import export_run
from posecast.training.phones import NUM_CLASSES
from posecast.training.speech_encoder import SpeechEncoderRecipe, train_speech_encoder
from posecast.training.style_encoder import train_style_encoder
from posecast.training.styles import NAMED_STYLES
from posecast.training.tapes import TapeSampler
from posecast.training.utterance import save_shard

_SPEECH = SpeechEncoderConfig(
    width=16, num_blocks=2, dilations=(1, 2), look_aheads_frames=(0, 1, 2, 3)
)
_SECOND = SpeechEncoderConfig(
    width=8, num_blocks=1, dilations=(1,), look_aheads_frames=(0, 1, 2, 3)
)
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
RECIPE = SpeechEncoderRecipe(batch_size=4, num_tapes=6)


@pytest.fixture(scope="module")
def run(utterances, tmp_path_factory):
    """A run whose three stages were trained for three steps."""
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    folder.corpus.mkdir()
    save_shard(folder.corpus / "espeak-000.npz", utterances)
    (folder.corpus / "corpus.json").write_text(json.dumps(describe_corpus(folder.corpus)))
    sampler = TapeSampler(utterances, np.random.default_rng(0))
    train_speech_encoder(sampler, TINY.speech_encoder, PLAN, folder.speech_encoder, RECIPE)
    train_style_encoder(sampler, TINY, PLAN, folder, 4)
    train_denoiser(sampler, TINY, PLAN, folder, 4, DenoiserSupply(num_tapes=24, num_styles=8))
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
    # Three steps teach a denoiser next to nothing of style; the life beside it obeys at once.
    assert np.abs(faces["neutral"].weights - faces["theatrical"].weights).max() > 1e-4
    assert np.abs(faces["neutral"].head - faces["theatrical"].head).max() > 1e-2


def test_a_package_says_how_it_was_made(package):
    made_by = json.loads((package / "model.json").read_text())["made_by"]
    assert made_by["steps"] == {"speech_encoder": 3, "style_encoder": 3, "denoiser": 3}
    assert made_by["corpus"]["espeak"]["utterances"] == 4


def test_further_speech_encoders_of_a_run_and_of_packages_join(run, package, tmp_path, monkeypatch):
    joined = RunFolder(tmp_path / "run")
    shutil.copytree(run.path, joined.path)
    sampler = TapeSampler(load_corpus(run.corpus), np.random.default_rng(1))
    train_speech_encoder(sampler, _SECOND, PLAN, joined.member_encoder(2), RECIPE)
    monkeypatch.setattr(default_model, "SPEECH_ENCODERS", (_SPEECH, _SECOND))
    other = package / "speech_encoder.onnx"
    export_run(joined, tmp_path / "model", TINY, join=[other])

    made_by = json.loads((tmp_path / "model" / "model.json").read_text())["made_by"]
    assert made_by["steps"]["speech_encoder_2"] == 3
    paths = [load_package(folder).path("speech_encoder.onnx") for folder in (
        tmp_path / "model", package,
    )]  # fmt: skip
    states = [len(OnnxSpeechEncoder(path, _SPEECH).start(3).layers) for path in paths]
    assert states[0] == 2 * states[1] + 2 + len(_SECOND.dilations)


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


def test_windows_of_every_length_can_be_made(run, sampler, monkeypatch):
    network = SpeechEncoderNetwork(TINY.speech_encoder).eval()
    tapes = encode_tapes(sampler, [network], 24, seed=1)
    style = NAMED_STYLES["neutral"].parameters
    styles = denoiser_stage._SampledStyles([style], np.zeros((1, 2, 16), np.float32))
    batcher = denoiser_stage._Batcher(
        tapes, styles, load_scale(run.statistics), TINY.denoiser, np.random.default_rng(1)
    )
    for length in (2, 3, 17, 64, 100):
        monkeypatch.setattr(denoiser_stage, "draw_window_length", lambda rng, length=length: length)
        batch = batcher.make(6)
        assert batch.clean.shape == (6, length, MOTION_DIM)
        assert batch.speech.shape == (6, length, 64)
        assert batch.previous.shape == (6, 10, MOTION_DIM)
        assert batch.trusted.shape == (6, length)
        assert batch.styles.shape == (6, 16)


def test_the_same_seed_trains_the_same_network(utterances, tmp_path):
    one, two = (
        train_speech_encoder(
            TapeSampler(utterances, np.random.default_rng(0)),
            TINY.speech_encoder,
            PLAN,
            tmp_path / f"{name}.pt",
            RECIPE,
        )
        for name in ("one", "two")
    )
    for mine, theirs in zip(one.parameters(), two.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=0)


def test_a_fold_of_voices_is_heard_by_the_encoder_that_does_not_know_it(
    run, utterances, tmp_path, monkeypatch
):
    folder = RunFolder(tmp_path)
    for path in (run.style_encoder, run.statistics):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    folds = []
    for fold in range(NUM_FOLDS):
        known, unknown = (
            TapeSampler(part, np.random.default_rng(fold))
            for part in (
                [part for part in utterances if fold_of(part) != fold],
                [part for part in utterances if fold_of(part) == fold],
            )
        )
        folds.append(unknown)
        path = folder.fold_encoder(fold)
        train_speech_encoder(known, TINY.speech_encoder, PLAN, path, RECIPE)
    heard = []

    def encode(sampler, networks, num_tapes, seed, *, workers):
        (network,) = networks
        heard.append((sampler, network.norm.weight, num_tapes))
        return encode_tapes(sampler, networks, num_tapes, seed, workers=workers)

    monkeypatch.setattr(denoiser_stage, "encode_tapes", encode)
    sampler = TapeSampler(utterances, np.random.default_rng(0))
    supply = DenoiserSupply(num_tapes=20, num_styles=8, folds=folds)
    train_denoiser(sampler, TINY, PLAN, folder, 4, supply)  # no encoder that knows all is needed
    assert [(speech, count) for speech, _, count in heard] == [(fold, 10) for fold in folds]
    for fold, (_, weight, _) in enumerate(heard):
        network = SpeechEncoderNetwork(TINY.speech_encoder)
        expected = load_average(folder.fold_encoder(fold), network).norm.weight
        torch.testing.assert_close(weight, expected, rtol=0, atol=0)
    assert (heard[0][1] != heard[1][1]).any()


def _with_encoders_of(run, path):
    """A run that lacks but the denoiser."""
    folder = RunFolder(path)
    for name in ("speech_encoder", "style_encoder", "statistics"):
        shutil.copy(getattr(run, name), getattr(folder, name))
    return folder


def test_a_denoiser_begins_with_the_weights_of_another(run, tmp_path):
    folder = _with_encoders_of(run, tmp_path)
    still = dataclasses.replace(PLAN, steps=1, learning_rate=1e-12)

    def train(begin_with):
        folder.denoiser.unlink(missing_ok=True)
        sampler = TapeSampler(load_corpus(run.corpus), np.random.default_rng(0))
        supply = DenoiserSupply(num_tapes=24, num_styles=8)
        network = train_denoiser(
            sampler, TINY, still, folder, 4, supply, begin_with=begin_with
        ).state_dict()
        return network["denoising_net.feature_proj.weight"]

    other = load_average(run.denoiser, ConditionedDenoiser(TINY.denoiser))
    expected = other.state_dict()["denoising_net.feature_proj.weight"]
    torch.testing.assert_close(train(run.denoiser), expected, rtol=0, atol=1e-6)
    assert (train(None) - expected).abs().max() > 1e-3


def test_all_voices_are_heard_by_every_encoder_that_is_served(run, tmp_path, monkeypatch):
    folder = _with_encoders_of(run, tmp_path)
    sampler = TapeSampler(load_corpus(run.corpus), np.random.default_rng(1))
    train_speech_encoder(sampler, _SECOND, PLAN, folder.member_encoder(2), RECIPE)
    monkeypatch.setattr(default_model, "SPEECH_ENCODERS", (_SPEECH, _SECOND))
    heard = []

    def encode(sampler, networks, *args, **options):
        heard.append([network.config for network in networks])
        return encode_tapes(sampler, networks, *args, **options)

    monkeypatch.setattr(denoiser_stage, "encode_tapes", encode)
    train_denoiser(sampler, TINY, PLAN, folder, 4, DenoiserSupply(num_tapes=24, num_styles=8))
    assert heard == [[_SPEECH, _SECOND]]


def test_a_second_style_training_keeps_the_scale_of_the_first(run, sampler):
    before = run.statistics.read_bytes()
    train_style_encoder(sampler, TINY, PLAN, run, 4)
    assert run.statistics.read_bytes() == before


def test_the_default_model_fits_together():
    assert DEFAULT_MODEL.speech_encoder.num_phone_classes == NUM_CLASSES
    assert DEFAULT_MODEL.speech_encoder.look_aheads_ms == (40, 80, 120, 160)
    assert DEFAULT_MODEL.denoiser.speech_dim == DEFAULT_MODEL.speech_encoder.feature_dim
    assert DEFAULT_MODEL.denoiser.style_dim == DEFAULT_MODEL.style_encoder.width
    assert DEFAULT_MODEL.denoiser.motion_dim == DEFAULT_MODEL.style_encoder.motion_dim == MOTION_DIM


def test_the_scale_of_motion_spares_rare_curves_and_drops_still_ones(sampler):
    scale = measure_scale(sampler, num_clips=20)
    assert scale.std[CURVE_INDEX["cheekPuff"]] == 0
    assert scale.std[CURVE_INDEX["eyeBlinkLeft"]] > 0.1  # the style encoder sees blinks
    assert scale.std[CURVE_INDEX["eyeLookUpLeft"]] > STD_FLOOR
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
    network = SpeechEncoderNetwork(TINY.speech_encoder).eval()
    tapes = encode_tapes(sampler, [network], 24, seed=1)
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
