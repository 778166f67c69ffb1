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
    assert [row.split()[0] for row in rows] == ["first", "second", "all"]
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
