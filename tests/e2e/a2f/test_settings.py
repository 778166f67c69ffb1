"""What the settings of an Audio2Face-3D client do to the face."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from posecast.nvidia_ace import a2f_controller_pb2 as pb
from posecast.rig.arkit import CURVE_NAMES

FULL = {"emotion_strength": 1.0, "preferred_emotion_strength": 1.0}


def emotional(**params):
    return pb.EmotionPostProcessingParameters(**{**FULL, **params})


@pytest.fixture
async def plain(a2f, pcm):
    return await a2f.speak(pcm(2.0))


async def test_multipliers_offsets_and_clamp_in_this_order(a2f, pcm, plain):
    jaw, close, blink = map(CURVE_NAMES.index, ("jawOpen", "mouthClose", "eyeBlinkLeft"))
    shapes = {
        "bs_weight_multipliers": {"JawOpen": 8.0, "EyeBlinkLeft": 0.0, "TongueTipUp": 1.0},
        "bs_weight_offsets": {"JawOpen": -0.25, "MouthClose": -1.0},
    }

    loose = await a2f.speak(pcm(2.0), blendshape_params=pb.BlendShapeParameters(**shapes))
    held = await a2f.speak(
        pcm(2.0),
        blendshape_params=pb.BlendShapeParameters(**shapes, enable_clamping_bs_weight=True),
    )

    expected = np.stack([plain.weights[:, jaw] * 8.0 - 0.25, plain.weights[:, close] - 1.0], 1)
    assert expected.max() > 1
    assert expected.min() < 0
    assert loose.weights[:, [jaw, close]] == pytest.approx(expected, abs=1e-6)
    assert held.weights[:, [jaw, close]] == pytest.approx(np.clip(expected, 0, 1), abs=1e-6)
    assert not loose.weights[:, blink].any()


async def test_face_parameters_are_our_strengths(a2f, client, pcm, plain):
    params = pb.FaceParameters(float_params={"lowerFaceStrength": 0.5, "faceMaskLevel": 0.9})

    answer = await a2f.speak(pcm(2.0), face_params=params)
    config = client.config(seed=1, frame_rate_hz=30, strengths={"lower_face": 0.5})
    ours = await client.animate([config, client.audio(pcm(2.0))])

    assert np.array_equal(answer.weights, ours.values()[:, 1:53])
    assert not np.array_equal(answer.weights, plain.weights)


async def test_a_value_out_of_range_is_one_warning_behind_the_header(a2f, pcm):
    params = pb.FaceParameters(float_params={"lowerFaceStrength": 9.0, "blinkStrength": -1.0})

    answer = await a2f.speak(pcm(0.2), face_params=params)

    text = "blinkStrength -1 is taken as 0; 0 to 2; lowerFaceStrength 9 is taken as 2; 0 to 2"
    assert answer.statuses == [("WARNING", text), ("SUCCESS", "")]
    assert answer.parts[1].HasField("status")


async def test_what_has_no_effect_is_one_line_in_the_log(a2f, pcm, end, caplog):
    caplog.set_level(logging.INFO, "posecast")
    params = pb.FaceParameters(float_params={"faceMaskLevel": 0.5, "nonsense": 1.0})
    keys = [(0.0, {"pain": 1.0, "hunger": 1.0})]
    requests = [
        a2f.header(seed=1, face_params=params, emotion_post_processing_params=emotional()),
        a2f.audio(pcm(0.5), *keys),
        end,
    ]

    answer = await a2f.send(requests)

    assert answer.statuses == [("SUCCESS", "")]
    lines = [record.getMessage() for record in caplog.records if "effect" in record.getMessage()]
    assert lines == ["accepted without effect: faceMaskLevel, hunger, nonsense, pain"]


async def test_an_emotion_is_the_style_that_it_stands_for(a2f, client, pcm, end, plain):
    params = pb.EmotionParameters(beginning_emotion={"joy": 1.0})

    joyful = await a2f.speak(
        pcm(2.0), emotion_params=params, emotion_post_processing_params=emotional()
    )
    ours = await client.animate(
        [client.config(seed=1, frame_rate_hz=30, style_name="cheerful"), client.audio(pcm(2.0))]
    )

    assert np.array_equal(joyful.weights, ours.values()[:, 1:53])
    assert not np.array_equal(joyful.weights, plain.weights)


async def test_an_emotion_that_is_not_to_be_mixed_in_changes_nothing(a2f, pcm, plain):
    answer = await a2f.speak(
        pcm(2.0),
        emotion_params=pb.EmotionParameters(beginning_emotion={"joy": 1.0}),
        emotion_post_processing_params=emotional(enable_preferred_emotion=False),
    )

    assert np.array_equal(answer.weights, plain.weights)


async def test_a_key_takes_effect_at_its_time_wherever_it_rides(a2f, pcm, end, plain):
    header = a2f.header(seed=1, emotion_post_processing_params=emotional())
    key = (1.2, {"joy": 1.0})
    data = pcm(2.0)

    first = await a2f.send([header, a2f.audio(data, key), end])
    later = await a2f.send(
        [header, a2f.audio(data[:16_000]), a2f.audio(b"", key), a2f.audio(data[16_000:]), end]
    )

    assert np.array_equal(first.weights, later.weights)
    is_plain = (first.weights == plain.weights).all(axis=1)
    changed_s = first.times_s[int(np.argmin(is_plain))]
    assert 0.5 < changed_s < 1.7
    assert not is_plain[-1]


async def test_emotions_are_reported_as_sent_and_as_used_and_none_as_heard(a2f, pcm, end):
    params = emotional(emotion_strength=0.5)
    header = a2f.header(
        seed=1,
        emotion_post_processing_params=params,
        emotion_params=pb.EmotionParameters(live_transition_time=0.01),
    )

    answer = await a2f.send([header, a2f.audio(pcm(2.0), (0.0, {"joy": 1.0}), (1.5, {})), end])

    sent = [key for report in answer.reports for key in report.input_emotions]
    assert [(key.time_code, dict(key.emotion)) for key in sent] == [(0.0, {"joy": 1.0}), (1.5, {})]
    assert not any(report.a2e_output for report in answer.reports)
    used = [report.a2f_smoothed_output[0] for report in answer.reports]
    assert used[0].emotion["joy"] == pytest.approx(0.5)
    assert used[-1].emotion["joy"] == 0.0
    assert {key.time_code for key in used} <= set(answer.times_s)
    assert all(len(key.emotion) == 10 for key in used)


async def test_metadata_names_a_style_of_ours(a2f, client, pcm, end):
    requests = [a2f.header(), a2f.audio(pcm(1.0)), end]
    metadata = (("x-posecast-style", "cheerful"), ("x-posecast-seed", "5"))

    answer = await a2f.send(requests, metadata=metadata)
    config = client.config(seed=5, frame_rate_hz=30, style_name="cheerful")
    ours = await client.animate([config, client.audio(pcm(1.0))])

    assert np.array_equal(answer.weights, ours.values()[:, 1:53])


async def test_a_style_that_is_not_there_is_an_error(a2f):
    answer = await a2f.send([a2f.header()], metadata=(("x-posecast-style", "grumpy"),))

    ((code, text),) = answer.statuses
    assert code == "ERROR"
    assert "grumpy" in text
