"""Subjects and head scales as people write them."""

from __future__ import annotations

import pytest

from posecast.errors import InvalidRequest
from posecast.livelink_settings import (
    HEAD_SCALES,
    USUAL_HEAD_SCALE,
    HeadScale,
    check_subject,
    read_head_scale,
)


def test_a_head_scale_is_a_preset_or_three_signed_numbers():
    assert read_head_scale("arkit") is HEAD_SCALES["arkit"]
    assert read_head_scale("0.02,-0.02, 1") == HeadScale(yaw=0.02, pitch=-0.02, roll=1.0)
    assert USUAL_HEAD_SCALE in HEAD_SCALES


@pytest.mark.parametrize("text", ["", "metahumans", "1,2", "1,2,3,4", "a,b,c"])
def test_another_head_scale_is_refused(text):
    with pytest.raises(InvalidRequest) as caught:
        read_head_scale(text)

    assert str(caught.value) == (
        f"head scale {text!r}; allowed: metahuman, arkit, degrees, or three numbers YAW,PITCH,ROLL"
    )


@pytest.mark.parametrize("text", ["11,0,0", "0,-11,0", "0,0,nan"])
def test_a_head_scale_out_of_range_is_refused(text):
    with pytest.raises(InvalidRequest, match=r"head scale of \w+ .*; allowed: -10\.0 to 10\.0"):
        read_head_scale(text)


@pytest.mark.parametrize("name", ["Posecast", "a", "Anna Maria-2", "x" * 200])
def test_a_subject_of_printable_ascii_is_taken(name):
    check_subject(name)


@pytest.mark.parametrize("name", ["", "x" * 201, "Änne", "a\nb"])
def test_another_subject_is_refused(name):
    with pytest.raises(InvalidRequest, match="allowed: 1 to 200 printable ASCII characters"):
        check_subject(name)
