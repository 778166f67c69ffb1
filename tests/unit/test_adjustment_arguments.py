"""The words of `--strength`, `--curve` and `--smooth`."""

import pytest

from posecast.adjustment_arguments import read_adjustments
from posecast.adjustments import CurveAdjustment, FaceAdjustments, RegionStrengths, Smoothing
from posecast.errors import InvalidRequest


def read(*, strengths=(), curves=(), smoothing=()):
    return read_adjustments(strengths=strengths, curves=curves, smoothing=smoothing)


def test_without_a_word_nothing_is_adjusted():
    assert read() == FaceAdjustments()


def test_strengths_are_read_by_region_and_the_others_stay():
    adjustments = read(strengths=["upper_face=0.5", "lower_face=1.5", "head=0", "blinks=2"])

    assert adjustments == FaceAdjustments(
        strengths=RegionStrengths(upper_face=0.5, lower_face=1.5, head=0.0, blinks=2.0)
    )
    assert read(strengths=["head=0.5"]).strengths == RegionStrengths(head=0.5)


@pytest.mark.parametrize(
    ("word", "adjustment"),
    [
        ("1.2", CurveAdjustment(multiplier=1.2)),
        ("1.2,-0.1", CurveAdjustment(multiplier=1.2, offset=-0.1)),
        ("0,0.3,0.1,0.9", CurveAdjustment(multiplier=0.0, offset=0.3, minimum=0.1, maximum=0.9)),
    ],
    ids=["multiplier", "offset", "bounds"],
)
def test_a_curve_takes_one_two_or_four_numbers(word, adjustment):
    assert read(curves=[f"jawOpen={word}"]).curves == {"jawOpen": adjustment}


def test_several_curves_are_kept_apart():
    curves = read(curves=["jawOpen=1.2", "browInnerUp=0"]).curves

    assert [curve.multiplier for curve in curves.values()] == [1.2, 0.0]


def test_smoothing_is_read_in_seconds():
    adjustments = read(smoothing=["upper_face=0.1", "lower_face=0.02", "head=0.5"])

    assert adjustments.smoothing == Smoothing(upper_face_s=0.1, lower_face_s=0.02, head_s=0.5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"strengths": ["head"]}, "--strength 'head'; allowed: a name, = and a value"),
        (
            {"strengths": ["nose=1"]},
            "--strength of 'nose'; allowed: upper_face, lower_face, head, blinks",
        ),
        ({"strengths": ["head=big"]}, "--strength head=big; allowed: a number"),
        ({"strengths": ["head=1", "head=1"]}, "--strength of head twice; allowed: once"),
        ({"strengths": ["head=2.5"]}, "strength of head 2.5; allowed: 0.0 to 2.0"),
        ({"strengths": ["head=nan"]}, "strength of head nan; allowed: 0.0 to 2.0"),
        ({"curves": ["jaw=1"]}, "--curve of 'jaw'; allowed: the 52 ARKit names, e.g. jawOpen"),
        ({"curves": ["jawOpen=1,"]}, "--curve jawOpen=; allowed: a number"),
        (
            {"curves": ["jawOpen=1,0,0"]},
            "--curve jawOpen=1,0,0; allowed: MULTIPLIER[,OFFSET[,MIN,MAX]]",
        ),
        ({"curves": ["jawOpen=1", "jawOpen=2"]}, "--curve of jawOpen twice; allowed: once"),
        (
            {"curves": ["jawOpen=11"]},
            "--curve jawOpen: multiplier 11.0; allowed: 0.0 to 10.0",
        ),
        (
            {"curves": ["jawOpen=1,0,0.6,0.4"]},
            "--curve jawOpen: minimum 0.6 with maximum 0.4; allowed: a minimum that is not above",
        ),
        ({"smoothing": ["blinks=0.1"]}, "--smooth of 'blinks'; allowed: upper_face, lower_face, "),
        ({"smoothing": ["head=0.6"]}, "smoothing head_s 0.6; allowed: 0.0 to 0.5"),
    ],
    ids=lambda value: "-".join(*value.values()) if isinstance(value, dict) else "",
)
def test_a_wrong_word_is_refused_with_what_is_allowed(words, message):
    with pytest.raises(InvalidRequest) as caught:
        read(**words)

    assert str(caught.value).startswith(message)
