from __future__ import annotations

import argparse
import dataclasses
import json

import numpy as np
import pytest

from posecast.errors import CheckpointMismatch, InvalidRequest
from posecast.evaluation.commands import add_arguments, run
from posecast.rig.flame_files import write_coefficients
from posecast.usage import UsageMistake

NAMES = ("first", "second", "third")


def evaluate(*arguments):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    run(parser.parse_args([str(argument) for argument in arguments]))


def report_of(capsys, *arguments):
    evaluate(*arguments, "--json", "-")
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def folders(tmp_path, make_coefficients):
    """True coefficients, predictions near them and predictions further off; two repetitions."""
    near, far = tmp_path / "near", tmp_path / "far"
    truth = tmp_path / "true"
    for folder in (truth, near, far):
        folder.mkdir()
    for number, name in enumerate(NAMES):
        true_take = make_coefficients(number)
        write_coefficients(truth / f"{name}.npz", [true_take])
        for folder, part in ((near, 0.1), (far, 0.5)):
            others = [make_coefficients(100 + 10 * number + take) for take in range(2)]
            takes = [
                dataclasses.replace(
                    true_take,
                    expression=(1 - part) * true_take.expression + part * other.expression,
                    pose=(1 - part) * true_take.pose + part * other.pose,
                )
                for other in others
            ]
            write_coefficients(folder / f"{name}.npz", takes)
    return truth, near, far


def test_nearer_predictions_have_the_smaller_errors(folders, toy_flame, toy_masks, capsys):
    report = report_of(
        capsys, "--flame", *folders, "--flame-model", toy_flame, "--masks", toy_masks
    )

    assert list(report["flame"]) == ["near", "far"]
    near, far = (report["flame"][name]["all_clips"]["figures"] for name in ("near", "far"))
    for name in (
        "lip_vertex_error_mm", "mean_lip_error_mm", "mouth_opening_inner_mm",
        "mouth_opening_outer_mm", "expression_error_sd", "jaw_error_rad", "head_error_rad",
        "expression_diversity_sd", "head_diversity_rad", "vertex_diversity_mm",
    ):  # fmt: skip
        assert 0 < near[name]["mean"] < far[name]["mean"] / 3, name
    assert near["beat_alignment"]["mean"] > far["beat_alignment"]["mean"]
    # An average of two faces moves less than either.
    assert far["upper_face_dynamics_10um"]["mean"] > near["upper_face_dynamics_10um"]["mean"] > 0
    figure = far["lip_vertex_error_mm"]
    assert figure["interval"]["low"] < figure["mean"] < figure["interval"]["high"]
    assert figure["repetition_sd"] > 0
    assert report["flame"]["far"]["repetitions"] == 2
    assert report["flame"]["far"]["clips"]["second"]["frames"] == 80


def test_table_has_a_row_a_clip_and_the_spread(folders, toy_flame, toy_masks, capsys):
    evaluate("--flame", *folders[:2], "--flame-model", toy_flame, "--masks", toy_masks)

    tables = capsys.readouterr().out.split("\n\n")
    for table, title in zip(tables, ("near: vertices", "near: coefficients"), strict=False):
        header, *lines = table.splitlines()
        rows = [line for line in lines if line and not line.startswith("-")]
        assert header.startswith(title)
        assert [row.split()[0] for row in rows] == [*NAMES, "all", "+-", "95", "95"]
    assert "LVE mm" in tables[0]
    assert "~head rad" in tables[1]
    assert "docs/flame-metrics.md" in tables[-1]


def test_systems_are_put_beside_each_other(folders, capsys):
    evaluate("--flame", *folders)

    comparison = capsys.readouterr().out.split("\n\n")[2].splitlines()
    assert comparison[0].startswith("all clips: coefficients")
    assert [line.split()[0] for line in comparison[2:]] == ["near", "far"]


def test_without_a_model_the_coefficients_are_measured(folders, capsys):
    evaluate("--flame", *folders[:2])

    printed = capsys.readouterr().out
    assert "no --flame-model: nothing is told of lips" in printed
    assert "near: vertices" not in printed
    assert "~jaw rad" in printed


def test_masks_without_landmarks_leave_the_opening_out(
    folders, toy_flame, toy_masks, tmp_path, capsys
):
    masks = tmp_path / "few.npz"
    with np.load(toy_masks) as whole:
        np.savez(masks, lips=whole["lips"], upper_face=whole["upper_face"])

    evaluate("--flame", *folders[:2], "--flame-model", toy_flame, "--masks", masks)

    printed = capsys.readouterr().out
    assert "no landmark_vertices in the masks: the mouth opening is not measured" in printed
    assert "MOD in " not in printed.split("\n\n")[0]


def test_single_files_are_a_clip(folders, capsys):
    truth, near, _ = folders

    report = report_of(capsys, "--flame", truth / "first.npz", near / "first.npz")

    assert list(report["flame"]["first"]["clips"]) == ["first"]
    figure = report["flame"]["first"]["all_clips"]["figures"]["jaw_error_rad"]
    assert figure["interval"] is None
    assert report["settings"]["beat_sigma_s"] == 0.05


def test_systems_of_one_name_keep_their_paths(folders, tmp_path, capsys):
    truth, near, far = folders
    second = tmp_path / "second" / "near"
    second.parent.mkdir()
    far.rename(second)

    report = report_of(capsys, "--flame", truth, near, second)

    assert list(report["flame"]) == [str(near), str(second)]
    assert report["settings"]["truth"] == str(truth)


def test_groups_have_rows(folders, tmp_path, capsys):
    groups = tmp_path / "groups.tsv"
    groups.write_text("clip\tgroup\nfirst\tmen\nsecond\twomen\nthird\tmen\n")

    evaluate("--flame", *folders[:2], "--groups", groups)

    rows = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()]
    assert "men (2)" in rows
    assert "women (1)" in rows


def test_clip_that_was_predicted_less_often_is_named(folders, make_coefficients):
    truth, near, _ = folders
    write_coefficients(near / "third.npz", [make_coefficients(9)])

    with pytest.raises(InvalidRequest, match="1 predictions of the clip 'third', 2 of 'first'"):
        evaluate("--flame", truth, near)


def test_file_that_is_no_model_is_named(folders, toy_masks):
    with pytest.raises(CheckpointMismatch, match=r"masks\.npz: .*v_template"):
        evaluate("--flame", *folders, "--flame-model", toy_masks, "--masks", toy_masks)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--flame", "a"], "--flame names one path; expected TRUE PREDICTED"),
        (["clips", "--flame", "a", "b"], "DIR makes no sense with --flame"),
        (["--flame", "a", "b", "--seeds", "1"], "--seeds makes no sense with --flame"),
        (["--flame", "a", "b", "--masks", "m"], "--masks makes no sense without --flame-model"),
        (["clips", "--masks", "m"], "--flame-model and --masks make sense with --flame only"),
        (
            ["--flame", "a", "b", "--flame-model", "m"],
            r"--flame-model needs --masks.*FLAME_masks\.pkl.*https://flame\.is\.tue\.mpg\.de",
        ),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(arguments, message):
    with pytest.raises(UsageMistake, match=message):
        evaluate(*arguments)
