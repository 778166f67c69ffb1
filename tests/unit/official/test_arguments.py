"""What a checkpoint's arguments mean, by their present and their older names."""

import argparse
import pathlib

import pytest

from posecast.errors import CheckpointMismatch
from posecast.official.arguments import (
    DenoiserArguments,
    check_said,
    read_denoiser_arguments,
    read_style_encoder_arguments,
)


def test_nothing_said_is_none_everywhere():
    assert read_denoiser_arguments(argparse.Namespace()) == DenoiserArguments()


def test_values_are_typed_and_what_concerns_training_is_passed_over():
    args = argparse.Namespace(
        guiding_conditions="audio, style",
        style_enc_ckpt=pathlib.PureWindowsPath("runs\\SE\\iter_0026000.pt"),
        n_heads=8,
        lr=1e-4,
        data_root=pathlib.PurePosixPath("data"),
    )

    said = read_denoiser_arguments(args)

    assert said.guiding_conditions == ("audio", "style")
    assert said.style_enc_ckpt == "runs/SE/iter_0026000.pt"
    assert said.n_heads == 8


@pytest.mark.parametrize(
    ("older", "name", "expected"),
    [
        ({"use_alignment_mask": True}, "align_mask_width", 1),
        ({"use_alignment_mask": False}, "align_mask_width", 0),
        ({"use_alignment_mask": True, "align_mask_width": 3}, "align_mask_width", 3),
        ({"use_alignment_mask": None}, "align_mask_width", None),
        ({"predict_head_pose": True}, "no_head_pose", False),
        ({"predict_head_pose": False}, "no_head_pose", True),
        ({"predict_head_pose": True, "no_head_pose": True}, "no_head_pose", True),
        ({"use_learnable_pe": True}, "no_use_learnable_pe", False),
        ({"use_learnable_pe": False}, "no_use_learnable_pe", True),
    ],
)
def test_older_names_count_where_the_newer_ones_are_missing(older, name, expected):
    said = read_denoiser_arguments(argparse.Namespace(**older))

    assert getattr(said, name) == expected


def test_a_style_encoder_knows_the_older_name_too():
    said = read_style_encoder_arguments(argparse.Namespace(predict_head_pose=False, n_heads=4))

    assert (said.no_head_pose, said.n_heads) == (True, 4)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"target": "velocity"}, "args: target: 'velocity'; allowed: sample, noise"),
        ({"rot_repr": "6d"}, "args: rot_repr: '6d'; allowed: aa"),
        ({"architecture": "encoder"}, "args: architecture: 'encoder'; allowed: decoder"),
        ({"guiding_conditions": "audio,face"}, "'face'; allowed: audio, style"),
        ({"n_heads": "8"}, "args: n_heads: '8'; expected int"),
        ({"use_indicator": 1}, "args: use_indicator: 1; expected bool"),
        ({"cfg_mode": "both"}, "args: cfg_mode: 'both'; allowed: incremental, independent"),
    ],
)
def test_values_that_we_do_not_know_are_refused(values, message):
    with pytest.raises(CheckpointMismatch, match=message):
        read_denoiser_arguments(argparse.Namespace(**values))


def test_a_dict_is_no_namespace():
    with pytest.raises(CheckpointMismatch, match=r"args: a dict; expected the argparse.Namespace"):
        read_style_encoder_arguments({"n_heads": 4})


def test_facts_that_are_not_told_contradict_nothing():
    check_said(("fps", None, 25), ("n_layers", 8, 8))

    with pytest.raises(CheckpointMismatch, match="argument fps is 30, but its tensors .* of 25"):
        check_said(("n_layers", 8, 8), ("fps", 30, 25))
