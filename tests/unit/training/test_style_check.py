"""The judgement of styles: figures follow the face, and obedience is told from noise."""

import dataclasses

import numpy as np
import pytest
import soundfile

from posecast.conditioning.style_distance import StyleDistance
from posecast.config import AnimationOptions
from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_INDEX
from posecast.rig.head_pose import quaternion_from_rotation_vector
from posecast.signals import FaceFrames, Style
from posecast.training import style_check
from posecast.training.style_check import ASKED, Judge, load_judge, measure_response
from posecast.training.styles import StyleParameters, parameter_vector

TIMES_S = np.arange(750) / 25


def face(turns=None, **curves):
    """Half a minute; turns of the head in degrees: pitch, yaw, roll."""
    weights = np.zeros((750, 52), np.float32)
    for name, values in curves.items():
        weights[:, CURVE_INDEX[name]] = values
    rotation = np.zeros((750, 3), np.float32)
    for axis, values in (turns or {}).items():
        rotation[:, axis] = np.radians(values)
    head = quaternion_from_rotation_vector(rotation)
    return FaceFrames(first_index=0, frame_rate_hz=25, weights=weights, head=head)


def sine(hz, amplitude=1.0):
    return amplitude * np.sin(2 * np.pi * hz * TIMES_S)


def figure(name, made):
    return style_check._FIGURES[name](made)


def test_every_parameter_that_is_asked_for_is_one_with_a_figure_and_values_in_order():
    assert ASKED.keys() == style_check._FIGURES.keys()
    for name, values in ASKED.items():
        assert hasattr(StyleParameters(), name)
        assert list(values) == sorted(values)


def test_the_head_is_measured_in_degrees_over_all_axes():
    turned = face({0: sine(0.2, 3.0), 1: sine(0.3, 4.0)})
    assert figure("head_amplitude_rad", turned) == pytest.approx(5 / np.sqrt(2), rel=0.02)


@pytest.mark.parametrize("tempo_hz", [0.2, 0.5])
def test_tempo_is_that_of_the_yaw_whatever_its_width_and_the_nods(tempo_hz):
    for width in (1.0, 6.0):
        turned = face({0: sine(2.0, 3.0), 1: sine(tempo_hz, width)})
        assert figure("head_tempo_hz", turned) == pytest.approx(2 * np.pi * tempo_hz, rel=0.05)


def test_nods_are_what_is_quick_in_the_pitch():
    slow, once, twice = (
        figure("nod_rad", face({0: sine(0.2, 5.0) + sine(1.5, size)})) for size in (0.0, 1.0, 2.0)
    )
    assert slow < 0.1 * once
    assert twice == pytest.approx(2 * once, rel=0.05)


def test_blinks_are_counted():
    lids = (np.arange(750) % 125 < 5).astype(float)  # every five seconds
    lids[:60] = 0
    assert figure("blink_rate_hz", face(eyeBlinkLeft=lids)) == pytest.approx(5 * 2)


@pytest.mark.parametrize(
    ("name", "curve"),
    [
        ("mouth_gain", "jawOpen"),
        ("rounding", "mouthPucker"),
        ("smile", "mouthSmileLeft"),
        ("brow_gain", "browInnerUp"),
        ("lip_balance", "mouthLowerDownRight"),
    ],
)
def test_curves_are_measured_by_their_size(name, curve):
    small, large = (figure(name, face(**{curve: size})) for size in (0.2, 0.4))
    assert large == pytest.approx(2 * small, rel=1e-3)
    assert small > 0


@pytest.fixture
def clips(tmp_path, speech_like):
    folder = tmp_path / "clips"
    folder.mkdir()
    for index in range(8):
        soundfile.write(folder / f"{index}.wav", speech_like, 16_000)
    (folder / "groups.tsv").write_text("clip\tgroup\n")
    return folder


@pytest.fixture
def judge(tiny_package, utterances, clips):
    return load_judge(tiny_package, utterances, clips, AnimationOptions(mode="offline"))


def test_clips_are_strung_together_to_twenty_seconds(judge):
    # Four clips of 6 s with a third of a second after each; there are eight.
    assert [waveform.duration_s for waveform in judge.waveforms] == pytest.approx(
        [4 * (6 + 1 / 3)] * 2, abs=0.01
    )


def test_too_little_speech_is_refused(tiny_package, utterances, clips):
    for index in range(1, 8):
        (clips / f"{index}.wav").unlink()
    with pytest.raises(InvalidRequest, match="less than 20 s of WAV, FLAC or Ogg files"):
        load_judge(tiny_package, utterances, clips, AnimationOptions())


def test_faces_of_a_model_have_the_life_that_was_asked(judge, monkeypatch):
    """The tiny network means nothing; blinks and the wandering head obey whatever it is."""
    asked = {name: ASKED[name] for name in ("head_amplitude_rad", "blink_rate_hz")}
    monkeypatch.setattr(style_check, "ASKED", asked)
    response = measure_response(judge, num_faces=2)
    assert response.keys() == asked.keys()
    head = response["head_amplitude_rad"]
    assert head["low"] < 0.8
    assert head["high"] > 1.5
    assert head["asked_0.1"] > head["asked_0.039"] > head["asked_0.01"]
    assert response["blink_rate_hz"]["high"] > 1.5


@pytest.mark.parametrize("obeys", [True, False])
def test_styles_that_can_be_read_back_are_told_from_those_that_cannot(judge, monkeypatch, obeys):
    rng = np.random.default_rng(1)
    seen = []

    def encode(self, parameters):
        return Style(vector=parameter_vector(parameters))

    def faces(self, style, seed, count):
        seen.append(style.vector)
        yield face()

    def extract(recording, encoder, scale):
        vector = seen[-1] + 0.01 if obeys else rng.standard_normal(20).astype(np.float32)
        return Style(vector=vector)

    monkeypatch.setattr(Judge, "encode", encode)
    monkeypatch.setattr(Judge, "faces", faces)
    monkeypatch.setattr(style_check, "extract_style", extract)
    distance = StyleDistance(np.eye(24, dtype=np.float32))
    styles = dataclasses.replace(judge.engine.styles, distance=distance)
    engine = dataclasses.replace(judge.engine, styles=styles)
    told = style_check.measure_retrieval(dataclasses.replace(judge, engine=engine), count=40)
    assert told["count"] == len(seen) == 40
    for found in (told["cosine"], told["distance"]):
        if obeys:
            assert (found["at_1"], found["at_3"], found["rank"]) == (1.0, 1.0, 1.0)
        else:
            assert found["at_1"] < 0.2
            assert found["rank"] == pytest.approx(20, abs=7)


def test_a_package_without_a_distance_is_judged_by_the_cosine_alone(judge, monkeypatch):
    monkeypatch.setattr(Judge, "read_back", lambda self, style, seed: style)
    found = style_check.measure_retrieval(judge, count=3)
    assert found.keys() == {"count", "cosine"}


def test_a_style_is_the_mean_of_its_clips_with_the_life_of_its_parameters(judge):
    parameters = StyleParameters(blink_rate_hz=0.4, head_amplitude_rad=0.08, smile=0.5)
    style = judge.encode(parameters)
    assert style.vector.shape == (16,)
    assert (style.blink_rate_hz, style.head_wander_rad) == (0.4, 0.08)
    assert (style.gaze_range, style.head_tempo_hz) == (0.15, StyleParameters().head_tempo_hz)
