from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from posecast.errors import InvalidRequest
from posecast.evaluation.commands import add_arguments, run
from posecast.takes import write_take
from posecast.usage import UsageMistake

SPEECH = Path(__file__).parents[4] / "shared" / "speech"


def evaluate(*arguments):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    run(parser.parse_args([str(argument) for argument in arguments]))


@pytest.fixture
def folder(tmp_path, alignment, perfect_face):
    """Two clips with phones, and perfect curves of them."""
    clips, phones, curves = tmp_path / "clips", tmp_path / "clips" / "phones", tmp_path / "curves"
    phones.mkdir(parents=True)
    curves.mkdir()
    random = np.random.default_rng(0)
    rows = [f"{part.start_s:.3f}\t{part.end_s:.3f}\t{part.phone}" for part in alignment]
    for name in ("first", "second"):
        noise = 0.1 * random.standard_normal(int(alignment[-1].end_s * 16_000))
        soundfile.write(clips / f"{name}.wav", noise, 16_000)
        (phones / f"{name}.tsv").write_text("\n".join(["start\tend\tphone", *rows]))
        write_take(perfect_face(), curves / f"{name}.csv")
    return clips


def test_perfect_curves_beside_both_baselines(folder, tmp_path, capsys):
    report = tmp_path / "report.json"

    evaluate(folder, "--curves", tmp_path / "curves", "--baselines", "--json", report)

    printed = capsys.readouterr().out.splitlines()
    systems = json.loads(report.read_text())["systems"]
    assert list(systems) == ["curves", "constant", "loudness"]
    assert systems["curves"]["all_clips"]["closure_recall"] == {
        "hits": 14, "total": 14, "share": 1.0,
    }  # fmt: skip
    assert systems["curves"]["clips"]["first"]["clips_in_time"]["hits"] == 1
    assert systems["constant"]["all_clips"]["closure_recall"]["hits"] == 0
    assert systems["constant"]["all_clips"]["lag_ms"] is None
    assert any(line.startswith("first ") and "1.00 7/7" in line for line in printed)
    assert any(line.startswith("constant ") and "0.00 0/14" in line for line in printed)


def test_columns_of_the_table_are_aligned(folder, tmp_path, capsys):
    evaluate(folder, "--curves", tmp_path / "curves")

    table = capsys.readouterr().out.split("\n\n")[0].splitlines()
    header, rows = table[0], [line for line in table[1:] if not line.startswith("-")]
    assert [row.split()[0] for row in rows] == ["first", "second", "all", "95", "95"]
    assert {len(line) for line in (header, *rows)} == {len(header)}


def test_json_on_standard_output_is_alone_there(folder, capsys):
    evaluate(folder, "--baseline", "loudness", "--json", "-")

    report = json.loads(capsys.readouterr().out)
    assert list(report["systems"]) == ["loudness"]
    assert report["settings"]["clips"] == str(folder)


def test_clips_without_phones_are_measured_with_a_warning(folder, capsys):
    for path in (folder / "phones").iterdir():
        path.unlink()

    evaluate(folder, "--baseline", "loudness", "--json", "-")

    printed = capsys.readouterr()
    figures = json.loads(printed.out)["systems"]["loudness"]["all_clips"]
    assert figures["closure_recall"]["share"] is None
    assert abs(figures["worst_lag_frames"]) <= 1
    assert "no phones found" in printed.err


@pytest.mark.parametrize(
    ("missing", "option"), [("phones/second.tsv", None), ("../curves/second.csv", "--curves")]
)
def test_missing_file_is_named(folder, tmp_path, missing, option):
    (folder / missing).unlink()
    options = [option, tmp_path / "curves"] if option else ["--baseline", "constant"]

    with pytest.raises(InvalidRequest, match=f"{Path(missing).name}: No such file"):
        evaluate(folder, *options)


def test_damaged_clip_is_named(folder):
    (folder / "second.wav").write_text("not sound")

    with pytest.raises(InvalidRequest, match=r"second\.wav: not audio"):
        evaluate(folder, "--baseline", "constant")


def test_report_that_cannot_be_written_is_named(folder, tmp_path):
    with pytest.raises(InvalidRequest, match=r"report\.json: the folder .*gone does not exist"):
        evaluate(folder, "--baseline", "constant", "--json", tmp_path / "gone" / "report.json")


def test_model_makes_the_curves_that_are_not_given(folder, tiny_package, capsys):
    options = ("--model", tiny_package, "--device", "cpu", "--rate", "30", "--json", "-")

    evaluate(folder, *options, "--seed", "3")
    evaluate(folder, *options, "--seed", "3")

    decoder, printed = json.JSONDecoder(), capsys.readouterr().out
    first, end = decoder.raw_decode(printed)
    assert first == decoder.raw_decode(printed[end:].strip())[0]  # same seed, same figures
    assert first["settings"]["rate"] == 30
    assert first["systems"]["model"]["all_clips"]["closure_recall"]["total"] == 14


def test_unknown_style_is_refused_before_the_work(folder, tiny_package):
    with pytest.raises(UsageMistake, match="pirate"):
        evaluate(folder, "--model", tiny_package, "--device", "cpu", "--style", "pirate")


def test_two_ways_to_ask_for_baselines_exclude_each_other(folder):
    with pytest.raises(SystemExit):
        evaluate(folder, "--baseline", "constant", "--baselines")


def model(tiny_package):
    return ("--model", tiny_package, "--device", "cpu", "--mode", "balanced", "--json", "-")


def test_figures_of_several_seeds_are_medians(folder, tiny_package, capsys):
    evaluate(folder, *model(tiny_package), "--seeds", "0,7,3")

    report = json.loads(capsys.readouterr().out)
    figures = report["systems"]["model"]
    assert report["settings"]["seeds"] == [0, 7, 3]
    assert "seed" not in report["settings"]
    assert list(figures["seeds"]) == ["0", "7", "3"]
    for name in ("blinks_per_minute", "rounding_auc"):
        each = [seed["all_clips"][name] for seed in figures["seeds"].values()]
        assert figures["all_clips"][name] == pytest.approx(np.median(each))
    each = [seed["clips"]["first"]["head_speed_deg_s"] for seed in figures["seeds"].values()]
    assert len(set(each)) == 3
    assert figures["clips"]["first"]["head_speed_deg_s"] == pytest.approx(np.median(each))
    assert set(figures["diversity"]) == {"lips", "head_yaw", "head_pitch", "brows"}
    assert -1 <= figures["diversity"]["head_yaw"] < 0.9


def test_one_of_several_seeds_is_that_seed_alone(folder, tiny_package, capsys):
    evaluate(folder, *model(tiny_package), "--seeds", "0,7")
    several = json.loads(capsys.readouterr().out)["systems"]["model"]
    evaluate(folder, *model(tiny_package), "--seed", "7")
    alone = json.loads(capsys.readouterr().out)["systems"]["model"]
    evaluate(folder, *model(tiny_package))
    default = json.loads(capsys.readouterr().out)["systems"]["model"]

    assert several["seeds"]["7"]["all_clips"] == alone["all_clips"]
    assert several["seeds"]["0"]["all_clips"] == default["all_clips"]
    assert "seeds" not in alone
    assert "diversity" not in alone


def test_groups_have_rows_and_intervals(folder, tmp_path, capsys):
    groups = tmp_path / "groups.tsv"
    groups.write_text("clip\tgroup\nfirst\tmen\nsecond\twomen\n")
    report = tmp_path / "report.json"

    evaluate(folder, "--curves", tmp_path / "curves", "--groups", groups, "--json", report)

    rows = [line.split("  ")[0] for line in capsys.readouterr().out.split("\n\n")[0].splitlines()]
    assert [row for row in rows[1:] if not row.startswith("-")] == [
        "first", "second", "men (1)", "women (1)", "all clips", "95 % low", "95 % high",
    ]  # fmt: skip
    figures = json.loads(report.read_text())["systems"]["curves"]
    assert figures["groups"]["men"]["clips"] == 1
    assert figures["groups"]["men"]["figures"] == figures["clips"]["first"]
    assert figures["intervals"]["closure_recall"] == {"low": 1.0, "high": 1.0}


def test_every_condition_is_a_system_with_its_drop(folder, tmp_path, capsys):
    report = tmp_path / "report.json"

    evaluate(folder, "--baseline", "loudness", "--degrade", "all", "--json", report)

    systems = json.loads(report.read_text())["systems"]
    assert list(systems) == [
        "loudness", "loudness noise20", "loudness noise10", "loudness telephone",
        "loudness reverb", "loudness quiet", "loudness whisper",
    ]  # fmt: skip
    shares = {name: each["all_clips"]["closure_recall"]["share"] for name, each in systems.items()}
    for name in list(systems)[1:]:
        drop = 100 * (shares["loudness"] - shares[name])
        assert systems[name]["closure_drop_points"] == pytest.approx(drop)
    # loudness does not change with the gain, but to the rounding of its percentile
    assert systems["loudness quiet"]["closure_drop_points"] == 0
    comparison = capsys.readouterr().out.split("\n\n")[-3].splitlines()
    assert comparison[0].split()[-1] == "drop"
    assert [line.split()[-1] for line in comparison[1:]][::5] == ["-", "0.0"]


def test_one_condition_is_told_in_the_name(folder, capsys):
    evaluate(folder, "--baseline", "loudness", "--degrade", "noise10", "--json", "-")

    report = json.loads(capsys.readouterr().out)
    assert list(report["systems"]) == ["loudness noise10"]
    assert report["settings"]["degrade"] == "noise10"


def test_non_speech_needs_no_clips(tiny_package, capsys):
    evaluate("--nonspeech", *model(tiny_package), "--seeds", "1,2", "--baselines")

    report = json.loads(capsys.readouterr().out)
    assert list(report["nonspeech"]) == ["model", "constant", "loudness"]
    assert set(report["nonspeech"]["model"]) == {"music", "street", "white noise", "silence", "hum"}
    assert report["nonspeech"]["constant"]["hum"] == pytest.approx(
        {"mean_aperture": 0.15, "high_aperture": 0.15, "parted_share": 1.0}
    )
    assert report["nonspeech"]["loudness"]["silence"]["parted_share"] == 0


def test_non_speech_is_printed(capsys):
    evaluate("--nonspeech", "--baseline", "loudness")

    assert "loudness: silence" in capsys.readouterr().out


def test_styles_of_the_bank_are_put_beside_neutral(folder, tiny_package, tmp_path, capsys):
    report = tmp_path / "report.json"

    evaluate(folder, "--style-response", *model(tiny_package)[:-1], report, "--seeds", "0,1")

    styles = json.loads(report.read_text())["styles"]
    assert list(styles) == ["neutral", "cheerful"]
    assert styles["neutral"]["mouth_gain"] == 1
    assert styles["cheerful"]["figures"]["wide_aperture"] > 0
    assert styles["cheerful"]["rounding_gain"] is not None
    assert any(line.startswith("cheerful ") for line in capsys.readouterr().out.splitlines())


def test_long_take_is_cut_into_minutes(folder, tiny_package, tmp_path, capsys):
    report = tmp_path / "report.json"

    evaluate(folder, "--long", "1.5", *model(tiny_package)[:-1], report, "--seeds", "0,1")

    values = json.loads(report.read_text())
    assert values["settings"]["minutes"] == 1.5
    assert list(values["long"]) == ["seed 0", "seed 1"]
    assert len(values["long"]["seed 0"]["head_means_deg"]) == 2
    assert values["long"]["seed 0"] != values["long"]["seed 1"]
    assert values["long"]["seed 0"]["lip_seam"] > 0
    assert "seed 1: minute" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "DIR, the folder of clips, is missing"),
        (["clips", "--nonspeech"], "DIR makes no sense with --nonspeech"),
        (["clips", "--seed", "0", "--seeds", "1"], "--seed makes no sense with --seeds"),
        (["clips", "--curves", "x", "--seeds", "1"], "--seeds makes no sense with --curves"),
        (["clips", "--curves", "x", "--degrade", "all"], "--degrade makes no sense with --curves"),
        (["clips", "--style-response", "--baselines"], "--baselines makes no sense with --style-r"),
        (["clips", "--long", "2", "--groups", "x"], "--groups makes no sense with --long"),
        (["clips", "--long", "0"], "--long 0; allowed: above 0, to 120 minutes"),
        (["clips", "--long", "nan"], "--long nan; allowed: above 0, to 120 minutes"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(arguments, message):
    with pytest.raises(UsageMistake, match=message):
        evaluate(*arguments)


@pytest.mark.parametrize(
    ("seeds", "message"),
    [("1,x", "'1,x'; allowed: whole numbers by commas"), ("1,1", "'1,1'; allowed: each seed once")],
)
def test_malformed_seeds_are_refused(folder, seeds, message, capsys):
    with pytest.raises(SystemExit):
        evaluate(folder, "--seeds", seeds)

    assert message in capsys.readouterr().err


def test_seed_out_of_range_is_refused(folder, tiny_package):
    with pytest.raises(UsageMistake, match="seed -1; allowed: 0 to"):
        evaluate(folder, *model(tiny_package), "--seeds=-1,2")


@pytest.mark.skipif(not SPEECH.is_dir(), reason="needs the real speech beside the checkout")
def test_loudness_face_on_real_speech(tmp_path, capsys):
    for name in ("jfk", "lj_03"):
        (tmp_path / f"{name}.flac").symlink_to(SPEECH / "validation" / f"{name}.flac")

    phones = SPEECH / "phones" / "validation"
    evaluate(tmp_path, "--phones", phones, "--baseline", "loudness", "--json", "-")

    report = json.loads(capsys.readouterr().out)["systems"]["loudness"]
    assert list(report["clips"]) == ["jfk", "lj_03"]
    assert report["all_clips"]["clips_in_time"] == {"hits": 2, "total": 2, "share": 1.0}
    assert report["all_clips"]["closure_recall"]["total"] >= 5
