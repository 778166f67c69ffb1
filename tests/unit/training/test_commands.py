"""`posecast train`: each stage is given what the command line says."""

import argparse
import dataclasses
import functools
import sys
from pathlib import Path

import pytest

from posecast.errors import InvalidRequest, TrainingPaused
from posecast.training import (
    commands,
    corpus,
    denoiser,
    package,
    speech_encoder,
    style_distance,
    style_encoder,
    style_gestures,
)
from posecast.training.default_model import DEFAULT_MODEL
from posecast.training.held_out import NUM_FOLDS, fold_of, is_held_out
from posecast.training.utterance import save_shard


def parse(*arguments):
    parser = argparse.ArgumentParser()
    commands.add_arguments(parser.add_subparsers(dest="stage", required=True))
    return parser.parse_args(arguments)


@pytest.fixture
def run_folder(tmp_path, utterances):
    """A run with three voices of two sources, one voice in the second fold."""
    (tmp_path / "corpus").mkdir()
    save_shard(tmp_path / "corpus" / "espeak-000.npz", utterances)
    return tmp_path


@pytest.mark.parametrize(
    ("stage", "module", "function"),
    [
        ("speech-encoder", speech_encoder, "train_speech_encoder"),
        ("style", style_encoder, "train_style_encoder"),
        ("denoiser", denoiser, "train_denoiser"),
    ],
)
def test_a_stage_trains_the_default_model_by_its_plan(
    run_folder, monkeypatch, stage, module, function
):
    calls = []
    monkeypatch.setattr(module, function, lambda *arguments, **_: calls.append(arguments))

    commands.run(
        parse(
            stage, "--run", str(run_folder), "--steps", "9", "--batch-size", "5", "--seed", "4",
            "--learning-rate", "0.5", "--threads", "2", "--minutes", "9.5",
        )
    )  # fmt: skip

    ((sampler, config, plan, place, batch, *_),) = calls
    assert len(sampler.draw(400).mel) == 400
    assert config in (DEFAULT_MODEL, DEFAULT_MODEL.speech_encoder)
    assert (plan.steps, plan.learning_rate, plan.threads, plan.seed) == (9, 0.5, 2, 4)
    assert (plan.workers, plan.device, plan.minutes) == (1, "cpu", 9.5)
    assert run_folder in (getattr(place, "path", None), getattr(place, "parent", None))
    assert getattr(batch, "batch_size", batch) == 5


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param(
            ("--workers", "3"),
            (3, "cpu"),
            marks=pytest.mark.skipif(sys.platform != "linux", reason="workers are forked"),
        ),
        (("--device", "auto"), (1, "auto")),
    ],
)
def test_a_stage_runs_where_it_is_told(run_folder, monkeypatch, options, expected):
    calls = []
    monkeypatch.setattr(style_encoder, "train_style_encoder", lambda *args: calls.append(args))
    commands.run(parse("style", "--run", str(run_folder), *options))
    ((_, _, plan, _, _),) = calls
    assert (plan.workers, plan.device) == expected


@pytest.fixture
def encoder_calls(monkeypatch):
    """What speech encoders were trained with."""
    calls = []

    def train(*args, begin_with):
        calls.append(args if begin_with is None else (*args, begin_with))

    monkeypatch.setattr(speech_encoder, "train_speech_encoder", train)
    return calls


def voices_of(sampler):
    """Engines and speakers that a sampler draws from."""
    return {
        (part._utterance.engine, part._utterance.speaker)
        for speakers in sampler._voices.values()
        for parts in speakers
        for part in parts
    }


def test_an_ablation_leaves_sources_out_and_changes_width_and_dropout(run_folder, encoder_calls):
    options = ("--without", "librispeech", "--width", "64", "--dropout", "0.3", "--crispness", "1")
    commands.run(parse("speech-encoder", "--run", str(run_folder), *options))
    ((sampler, config, _, _, recipe),) = encoder_calls
    assert sampler._engines == ["espeak"]
    assert config == dataclasses.replace(DEFAULT_MODEL.speech_encoder, width=64)
    assert (recipe.dropout, recipe.crispness) == (0.3, 1.0)


@pytest.mark.parametrize("fold", range(NUM_FOLDS))
def test_a_fold_of_the_voices_is_left_out(run_folder, encoder_calls, utterances, fold):
    options = ("--without-fold", str(fold))
    commands.run(parse("speech-encoder", "--run", str(run_folder), *options))
    ((sampler, _, _, checkpoint, _),) = encoder_calls
    assert checkpoint == run_folder / f"speech_encoder_without_{fold}.pt"
    expected = {(part.engine, part.speaker) for part in utterances if fold_of(part) != fold}
    assert voices_of(sampler) == expected
    assert len(expected) == 1 + fold


def test_a_fold_that_there_is_not_cannot_be_left_out(capsys):
    with pytest.raises(SystemExit):
        parse("speech-encoder", "--without-fold", str(NUM_FOLDS))
    assert "choose from 0, 1" in capsys.readouterr().err.replace("'", "")


def test_sounds_that_are_not_speech_are_mixed_in(run_folder, encoder_calls, utterances):
    ring = dataclasses.replace(utterances[0], engine="non-speech", speaker="ring")
    stage = ("speech-encoder", "--run", str(run_folder))
    commands.run(parse(*stage))
    save_shard(run_folder / "corpus" / "non-speech-000.npz", [ring])
    commands.run(parse(*stage, "--gently"))
    without, with_sounds = [recipe for *_, recipe in encoder_calls]
    assert (without.sounds, without.gently) == (None, False)
    assert voices_of(with_sounds.sounds) == {("non-speech", "ring")}
    assert with_sounds.gently


def test_a_speech_encoder_can_go_on_from_another(run_folder, encoder_calls):
    commands.run(parse("speech-encoder", "--run", str(run_folder), "--begin-with", "other.pt"))
    ((*_, checkpoint, _, other),) = encoder_calls
    assert (checkpoint, other) == (run_folder / "speech_encoder.pt", Path("other.pt"))


def test_a_denoiser_hears_each_fold_of_the_voices(run_folder, monkeypatch, utterances):
    calls = []
    monkeypatch.setattr(
        denoiser, "train_denoiser", lambda *args, **options: calls.append((*args, options))
    )
    commands.run(parse("denoiser", "--run", str(run_folder)))
    ((sampler, *_, supply, options),) = calls
    assert options == {"begin_with": None}
    heard = [voices_of(fold) for fold in supply.folds]
    for fold in range(NUM_FOLDS):
        assert heard[fold] == {(p.engine, p.speaker) for p in utterances if fold_of(p) == fold}
    assert heard[0] | heard[1] == voices_of(sampler)


def test_a_denoiser_can_go_on_from_another_and_hear_what_is_served(run_folder, monkeypatch):
    calls = []
    monkeypatch.setattr(
        denoiser, "train_denoiser", lambda *args, **options: calls.append((*args, options))
    )
    how = ("--without-folds", "--begin-with", "other.pt")
    commands.run(parse("denoiser", "--run", str(run_folder), *how))
    ((*_, supply, options),) = calls
    assert supply.folds == []
    assert options == {"begin_with": Path("other.pt")}


@pytest.mark.parametrize("stage", [("denoiser",), ("speech-encoder", "--without-fold", "1")])
def test_a_single_voice_cannot_be_parted_in_folds(tmp_path, utterances, stage):
    (tmp_path / "corpus").mkdir()
    save_shard(tmp_path / "corpus" / "espeak-000.npz", utterances[:2])
    with pytest.raises(InvalidRequest, match="too few voices to be parted in 2"):
        commands.run(parse(*stage, "--run", str(tmp_path)))


@pytest.mark.parametrize(
    ("without", "named"),
    [(["librispeach", "espeak"], "librispeach"), (["espeak", "librispeech"], "espeak librispeech")],
)
def test_sources_that_are_not_there_or_are_all_there_is_are_not_left_out(
    run_folder, encoder_calls, without, named
):
    message = f"--without {named}; allowed: some, but not all, of espeak, librispeech"
    with pytest.raises(InvalidRequest, match=message):
        commands.run(parse("speech-encoder", "--run", str(run_folder), "--without", *without))
    assert encoder_calls == []


def test_a_corpus_is_built_as_asked(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(
        commands, "build_corpus", lambda *args, **options: calls.append((args, options))
    )

    commands.run(
        parse(
            "corpus", "--run", str(tmp_path), "--espeak-minutes", "1", "--flite-minutes", "0",
            "--festival-minutes", "2.5", "--non-speech-minutes", "0.5", "--recordings", "speech",
            "--jobs", "3", "--corpus-seed", "6",
        )
    )  # fmt: skip

    (((folder, minutes), options),) = calls
    assert folder == tmp_path / "corpus"
    assert minutes == {"espeak": 1.0, "flite": 0.0, "festival": 2.5, "non-speech": 0.5}
    assert str(options.pop("recordings_folder")) == "speech"
    assert options == {"seed": 6, "jobs": 3}


def test_every_engine_of_the_corpus_can_be_asked_for(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(commands, "build_corpus", lambda *args, **options: calls.append(args))
    commands.run(parse("corpus", "--run", str(tmp_path)))
    ((_, minutes),) = calls
    assert minutes.keys() == corpus._SYNTHETIC.keys()
    assert min(minutes.values()) > 0


def test_a_corpus_is_packed_and_unpacked_where_it_is_told(tmp_path, run_folder, capsys):
    packed, other = tmp_path / "packed", tmp_path / "other"
    commands.run(parse("pack", "--run", str(run_folder), str(packed), "--jobs", "1"))
    (path,) = packed.iterdir()
    printed = capsys.readouterr().out
    assert printed == f"{path.stat().st_size / 1e6:7.1f} MB  {path}\n"
    commands.run(parse("unpack", "--run", str(other), str(packed), "--jobs", "1"))
    before, after = (corpus.load_corpus(folder / "corpus") for folder in (run_folder, other))
    assert len(before) == 6
    for mine, theirs in zip(before, after, strict=True):
        assert mine.mel.tobytes() == theirs.mel.tobytes()


@pytest.fixture
def trainings(monkeypatch):
    """The trainings that were started: name, plan, checkpoint and batches, in order."""
    started = []
    for module, function in (
        (speech_encoder, "train_speech_encoder"),
        (style_encoder, "train_style_encoder"),
        (denoiser, "train_denoiser"),
    ):
        note = functools.partial(
            lambda name, *args, **_: started.append((name, *args[2:5])), function
        )
        monkeypatch.setattr(module, function, note)
    return started


@pytest.fixture
def after_training(monkeypatch, trainings):
    """What `all` did beside the trainings, and how many of them came before."""
    done = []

    def note(name):
        return lambda *args, **options: done.append((name, len(trainings), args, options))

    monkeypatch.setattr(commands, "build_corpus", note("corpus"))
    monkeypatch.setattr(package, "export_run", note("export"))
    monkeypatch.setattr(commands, "_find_style_distance", note("distance"))
    return done


def test_all_is_every_stage_in_the_order_in_which_they_need_each_other(
    run_folder, trainings, after_training
):
    run = ("all", "--run", str(run_folder), "--recordings", "speech", "-o", "model")
    commands.run(parse(*run, "--seed", "5", "--minutes", "3"))

    encoder = "train_speech_encoder"
    assert [name for name, *_ in trainings[4:]] == ["train_style_encoder", "train_denoiser"]
    assert [place for name, _, place, _ in trainings if name == encoder] == [
        run_folder / "speech_encoder.pt",
        run_folder / "speech_encoder_2.pt",
        run_folder / "speech_encoder_without_0.pt",
        run_folder / "speech_encoder_without_1.pt",
    ]
    assert {(plan.seed, plan.minutes) for _, plan, *_ in trainings} == {(5, 3.0)}
    steps = [(name, num_trained) for name, num_trained, *_ in after_training]
    assert steps == [("corpus", 0), ("export", 6), ("distance", 6)]
    (*_, corpus_options), (_, _, (folder, output), _), (_, _, (distance,), _) = after_training
    assert corpus_options["seed"] == parse("corpus").corpus_seed
    assert (folder.path, output) == (run_folder, Path("model"))
    assert (distance.model, distance.recordings) == (Path("model"), Path("speech"))
    assert distance.count == parse("style-distance", "--model", "model").count


@pytest.mark.usefixtures("after_training")
def test_all_trains_each_stage_as_it_is_trained_by_itself(run_folder, trainings):
    commands.run(parse("all", "--run", str(run_folder), "-o", "model"))
    together = [*trainings]
    trainings.clear()
    members = [("speech-encoder", "--member", str(member)) for member in (1, 2)]
    folds = [("speech-encoder", "--without-fold", str(k)) for k in range(NUM_FOLDS)]
    for stage in (*members, *folds, ("style",), ("denoiser",)):
        commands.run(parse(*stage, "--run", str(run_folder)))
    for (name, plan, place, batch), alone in zip(together, trainings, strict=True):
        if getattr(place, "stem", "").startswith("speech_encoder_"):  # shorter than the first
            assert plan.steps < alone[1].steps
            plan = dataclasses.replace(plan, steps=alone[1].steps)
        assert (name, plan, place, batch) == alone


def test_the_readings_of_styles_are_fitted_to_training_voices(monkeypatch, run_folder, capsys):
    steps = []
    fitted = style_gestures.FittedReadout("readout", (0.9, 0.8))

    def write(model, **readings):
        steps.append((model, readings))

    monkeypatch.setattr(style_distance, "open_reader", lambda *args: steps.append(args) or "reader")
    monkeypatch.setattr(style_gestures, "fit_gestures", lambda *args: steps.append(args) or fitted)
    monkeypatch.setattr(style_distance, "read_styles_back", lambda *args: steps.append(args) or "r")
    monkeypatch.setattr(style_distance, "fit_distance", lambda read: f"fitted to {read}")
    monkeypatch.setattr(style_distance, "write_readings", write)

    arguments = ("--recordings", "speech", "--model", "model", "--count", "50")
    commands.run(parse("style-distance", "--run", str(run_folder), *arguments))

    (model, speech, recordings), *gestures, again, read, written = steps
    assert (model, recordings) == (Path("model"), Path("speech"))
    assert not any(is_held_out(utterance) for utterance in speech)
    assert gestures == [("reader",), (Path("model"), {"gestures": "readout"})]
    assert again[0] == model  # the faces that are read have the gestures
    assert (read, written) == (("reader", 50), (Path("model"), {"distance": "fitted to r"}))
    assert "nods 0.90, brows 0.80" in capsys.readouterr().out


def test_a_stage_that_is_done_is_not_trained_again(run_folder, monkeypatch, trainings):
    monkeypatch.setattr(commands, "completed_steps", lambda path: 9)
    commands.run(parse("style", "--run", str(run_folder), "--steps", "9"))
    assert trainings == []
    commands.run(parse("style", "--run", str(run_folder), "--steps", "10"))
    assert len(trainings) == 1


def test_a_pause_is_told_and_no_failure(run_folder, monkeypatch, capsys):
    def pause(*args):
        raise TrainingPaused(7, "paused at step 7 of 9")

    monkeypatch.setattr(style_encoder, "train_style_encoder", pause)
    commands.run(parse("style", "--run", str(run_folder)))
    assert "paused at step 7 of 9" in capsys.readouterr().err


def test_an_export_goes_where_it_is_told(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(package, "export_run", lambda *given, join: calls.append((*given, join)))
    for join in ((), ("--join", "other.onnx")):
        where = ("--run", str(tmp_path), "-o", str(tmp_path / "model"))
        commands.run(parse("export", *where, *join))
    (run, output, alone), (_, _, joined) = calls
    assert (run.path, output) == (tmp_path, tmp_path / "model")
    assert (alone, joined) == ([], [Path("other.onnx")])


@pytest.mark.parametrize("stage", ["speech-encoder", "style", "denoiser"])
def test_a_stage_without_a_corpus_says_how_to_make_one(tmp_path, stage):
    with pytest.raises(InvalidRequest, match="make one with `posecast train corpus`"):
        commands.run(parse(stage, "--run", str(tmp_path)))


def test_no_steps_are_no_plan(run_folder):
    with pytest.raises(InvalidRequest, match="steps 0; allowed: 1 or more"):
        commands.run(parse("style", "--run", str(run_folder), "--steps", "0"))


def test_a_resumed_stage_draws_other_speech_than_it_began_with(tmp_path, monkeypatch):
    seeds = []
    monkeypatch.setattr(commands, "load_corpus", lambda folder: [])
    monkeypatch.setattr(commands, "completed_steps", lambda path: 70 if seeds else 0)
    monkeypatch.setattr(commands, "TapeSampler", lambda _, rng: seeds.append(rng.integers(2**60)))
    monkeypatch.setattr(
        "posecast.training.speech_encoder.train_speech_encoder", lambda *args, **_: None
    )
    for _ in range(2):
        commands.run(parse("speech-encoder", "--run", str(tmp_path)))
    assert seeds[0] != seeds[1]
