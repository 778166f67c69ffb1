"""What clients of Audio2Face-3D choose, in our words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from posecast.adjustments import CurveAdjustment, FaceAdjustments
from posecast.config import A2FConfig
from posecast.errors import InvalidRequest
from posecast.nvidia_ace import a2f_controller_pb2 as pb
from posecast.rig.arkit import NUM_CURVES
from posecast.transport.a2f_parameters import FACE_PARAMETERS, read_choices


def read(header=None, metadata=None, config=None):
    return read_choices(header or pb.AudioStreamHeader(), metadata or {}, config or A2FConfig())


def with_face(**params):
    return pb.AudioStreamHeader(face_params=pb.FaceParameters(float_params=params))


def test_a_client_that_chooses_nothing_gets_the_operators_choices():
    config = A2FConfig(frame_rate_hz=60, mode="realtime", style="cheerful", sends_head=False)

    choices = read(config=config)

    options = choices.options
    assert (options.frame_rate_hz, options.mode, options.style) == (60, "realtime", "cheerful")
    assert options.seed is None
    assert options.adjustments == FaceAdjustments()
    assert not choices.sends_head
    assert choices.emotion_share == pytest.approx(0.6 * 0.5)
    assert choices.transition_s == 0.5
    assert choices.warnings == choices.ignored == ()


def test_strengths_and_smoothing_have_counterparts():
    choices = read(
        with_face(
            upperFaceStrength=0.5, lowerFaceStrength=1.25, skinStrength=1.5, blinkStrength=0.25,
            upperFaceSmoothing=0.0625, lowerFaceSmoothing=0.03125, tongueStrength=2.0,
        )
    )  # fmt: skip

    adjustments = choices.options.adjustments
    assert adjustments.strengths.upper_face == 0.75
    assert adjustments.strengths.lower_face == 1.875
    assert adjustments.strengths.blinks == 0.25
    assert adjustments.strengths.head == 1.0
    assert adjustments.smoothing.upper_face_s == 0.0625
    assert adjustments.smoothing.lower_face_s == 0.03125
    assert adjustments.curves == {"tongueOut": CurveAdjustment(multiplier=2.0)}


def test_two_strengths_together_stay_in_range():
    strengths = read(with_face(skinStrength=2.0, lowerFaceStrength=2.0)).options.adjustments

    assert strengths.strengths.lower_face == 2.0


@pytest.mark.parametrize(
    ("offset", "curves"),
    [
        (0.25, {"eyeWideLeft", "eyeWideRight"}),
        (-0.25, {"eyeBlinkLeft", "eyeBlinkRight"}),
        (0.0, set()),
    ],
)
def test_the_rest_pose_of_the_lids_moves_the_curve_of_its_direction(offset, curves):
    adjusted = read(with_face(eyelidOpenOffset=offset)).options.adjustments.curves

    assert set(adjusted) == curves
    assert {adjustment.offset for adjustment in adjusted.values()} <= {0.25}


def test_what_is_out_of_range_is_held_to_it_and_named_in_a_warning():
    choices = read(with_face(lowerFaceStrength=7.0, upperFaceStrength=math.nan, skinStrength=-1.0))

    strengths = choices.options.adjustments.strengths
    assert (strengths.upper_face, strengths.lower_face) == (0.0, 0.0)
    assert choices.warnings == (
        "lowerFaceStrength 7 is taken as 2; 0 to 2",
        "skinStrength -1 is taken as 0; 0 to 2",
        "upperFaceStrength nan is taken as 1; 0 to 2",
    )


def test_a_limit_that_went_through_float32_is_no_reason_to_warn():
    assert read(with_face(upperFaceSmoothing=0.1)).warnings == ()


def test_names_without_a_counterpart_are_accepted_and_told():
    header = with_face(faceMaskLevel=99.0, lipOpenOffset=0.1, nonsense=1.0)
    header.face_params.integer_params["number"] = 3
    header.face_params.float_array_params["list"].values.append(1.0)
    header.emotion_post_processing_params.max_emotions = 3
    metadata = {"x-posecast-mood": "good", "authorization": "Bearer none", "user-agent": "grpc"}

    choices = read(header, metadata)

    assert choices.options.adjustments == FaceAdjustments()
    assert choices.warnings == ()
    assert sorted(choices.ignored) == [
        "faceMaskLevel", "lipOpenOffset", "list", "max_emotions", "nonsense", "number",
        "x-posecast-mood",
    ]  # fmt: skip


@pytest.mark.parametrize(("sent", "seed"), [(5, 5), (0, 0), (-1, None)])
def test_the_seed_is_an_integer_parameter(sent, seed):
    header = pb.AudioStreamHeader()
    header.face_params.integer_params["seed"] = sent

    assert read(header).options.seed == seed


def test_metadata_chooses_what_the_protocol_has_no_field_for():
    header = pb.AudioStreamHeader()
    header.face_params.integer_params["seed"] = 5
    metadata = {
        "x-posecast-style": "cheerful:0.5,sad:0.5", "x-posecast-style-strength": "0.5",
        "x-posecast-seed": "18446744073709551615", "x-posecast-frame-rate": "60",
        "x-posecast-mode": "offline", "x-posecast-head": "off",
    }  # fmt: skip

    choices = read(header, metadata)

    options = choices.options
    assert (options.style, options.style_strength) == ("cheerful:0.5,sad:0.5", 0.5)
    assert options.seed == 2**64 - 1
    assert (options.frame_rate_hz, options.mode) == (60, "offline")
    assert not choices.sends_head
    assert choices.ignored == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", "many"), ("seed", "-1"), ("frame-rate", "24"), ("mode", "fast"), ("head", "yes"),
        ("style-strength", "3"),
    ],
)  # fmt: skip
def test_metadata_that_cannot_be_read_is_refused(name, value):
    with pytest.raises(InvalidRequest, match=value):
        read(metadata={f"x-posecast-{name}": value})


@pytest.mark.parametrize(
    ("params", "share"),
    [
        ({"enable_preferred_emotion": False, "emotion_strength": 1.0}, 0.0),
        ({"emotion_strength": 1.0, "preferred_emotion_strength": 1.0}, 1.0),
        ({"emotion_strength": 0.5, "preferred_emotion_strength": 0.5}, 0.25),
        ({"enable_preferred_emotion": True}, 0.3),
    ],
)
def test_an_emotion_is_mixed_with_the_none_that_was_heard(params, share):
    header = pb.AudioStreamHeader(
        emotion_post_processing_params=pb.EmotionPostProcessingParameters(**params)
    )

    assert read(header).emotion_share == pytest.approx(share)


@pytest.mark.parametrize(
    ("sent", "taken"), [(0.25, 0.25), (0.0, 0.0001), (-1.0, 0.0001), (900.0, 60.0)]
)
def test_the_time_of_a_transition_is_above_0(sent, taken):
    params = pb.EmotionParameters(live_transition_time=sent, beginning_emotion={"joy": 0.5})

    choices = read(pb.AudioStreamHeader(emotion_params=params))

    assert choices.transition_s == pytest.approx(taken)
    assert choices.beginning_emotion == {"joy": 0.5}
    assert bool(choices.warnings) == (sent != taken)


def test_multipliers_offsets_and_clamp_reach_the_weights():
    params = pb.BlendShapeParameters(
        bs_weight_multipliers={"JawOpen": math.inf, "EyeBlinkLeft": 0.0, "NoSuchShape": 2.0},
        bs_weight_offsets={"EyeBlinkLeft": math.nan, "CheekPuff": -0.5},
        enable_clamping_bs_weight=True,
    )

    choices = read(pb.AudioStreamHeader(blendshape_params=params))

    weights = choices.weights.apply(np.full((1, NUM_CURVES), 0.25, np.float32))[0]
    by_name = dict(zip(choices.weights.names, weights.tolist(), strict=True))
    assert (by_name["JawOpen"], by_name["EyeBlinkLeft"], by_name["CheekPuff"]) == (1.0, 0.0, 0.0)
    assert by_name["MouthClose"] == 0.25
    assert choices.warnings == (
        "multiplier of JawOpen inf is taken as 1000; -1000 to 1000",
        "offset of EyeBlinkLeft nan is taken as 0; -1000 to 1000",
    )


def test_every_parameter_of_the_table_that_tells_an_effect_has_one():
    usual = read().options.adjustments
    for name, parameter in FACE_PARAMETERS.items():
        choices = read(with_face(**{name: parameter.high}))

        assert (choices.options.adjustments != usual) == bool(parameter.effect), name
        assert (name in choices.ignored) == (not parameter.effect), name
