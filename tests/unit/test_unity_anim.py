from itertools import pairwise

import numpy as np
import pytest
import yaml

from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_INDEX, CURVE_NAMES
from posecast.rig.head_pose import quaternion_from_rotation_vector
from posecast.signals import FaceFrames
from posecast.takes import encode_take, written_format_of
from posecast.unity_anim import UnityTarget, encode_unity_anim


class UnityLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML as Unity writes it: documents have tags of their own."""


UnityLoader.add_multi_constructor(
    "tag:unity3d.com,2011:", lambda loader, _, node: loader.construct_mapping(node, deep=True)
)


def make_frames(num_frames=25, *, frame_rate_hz=25, first_index=0):
    rng = np.random.default_rng(8)
    weights = rng.uniform(0, 1, (num_frames, len(CURVE_NAMES))).astype(np.float32)
    weights[:, CURVE_INDEX["tongueOut"]] = 0
    weights[5:20, CURVE_INDEX["cheekPuff"]] = 0.25
    turns = rng.normal(0, 0.2, (num_frames, 3)).astype(np.float32)
    return FaceFrames(
        first_index=first_index,
        frame_rate_hz=frame_rate_hz,
        weights=weights,
        head=quaternion_from_rotation_vector(turns),
    )


def load(data: bytes) -> dict:
    text = data.decode()
    assert text.startswith("%YAML 1.1\n%TAG !u! tag:unity3d.com,2011:\n--- !u!74 &7400000\n")
    return yaml.load(text, UnityLoader)["AnimationClip"]  # noqa: S506 # a SafeLoader


def curves_of(clip: dict) -> dict:
    return {(curve["path"], curve["attribute"]): curve for curve in clip["m_FloatCurves"]}


@pytest.mark.parametrize("rate", [25, 30, 50, 60])
def test_curves_are_those_of_the_frames(rate):
    frames = make_frames(frame_rate_hz=rate, first_index=40)
    clip = load(encode_unity_anim(frames, UnityTarget(mesh_paths=("Armature/Head",))))

    curves = curves_of(clip)
    assert len(curves) == 52
    times_s = np.arange(25) / rate
    for place, name in enumerate(CURVE_NAMES):
        curve = curves["Armature/Head", f"blendShape.{name}"]
        keys = curve["curve"]["m_Curve"]
        at = np.interp(times_s, [k["time"] for k in keys], [k["value"] for k in keys])
        np.testing.assert_allclose(
            at, 100 * frames.weights[:, place], atol=1e-3
        )  # three digits; seven of the time
        assert curve["classID"] == 137
    assert clip["m_SampleRate"] == rate
    assert clip["m_AnimationClipSettings"]["m_StopTime"] == pytest.approx(24 / rate)


def test_between_keys_curves_are_straight_lines():
    clip = load(encode_unity_anim(make_frames(), UnityTarget()))

    for curve in clip["m_FloatCurves"]:
        keys = curve["curve"]["m_Curve"]
        for earlier, later in pairwise(keys):
            slope = (later["value"] - earlier["value"]) / (later["time"] - earlier["time"])
            assert earlier["outSlope"] == pytest.approx(slope, rel=1e-5, abs=1e-3)
            assert later["inSlope"] == pytest.approx(slope, rel=1e-5, abs=1e-3)


def test_keys_that_change_nothing_are_left_out():
    curves = curves_of(load(encode_unity_anim(make_frames(), UnityTarget())))

    def num_keys(name):
        return len(curves[None, f"blendShape.{name}"]["curve"]["m_Curve"])

    assert num_keys("tongueOut") == 2
    assert num_keys("cheekPuff") == 25 - 13
    assert num_keys("jawOpen") == 25


def test_the_head_turns_in_unitys_axes():
    turns = np.array([[0.2, 0, 0], [0, 0.2, 0], [0, 0, 0.2]], np.float32)
    frames = make_frames(3)
    frames = FaceFrames(
        first_index=0, frame_rate_hz=25, weights=frames.weights,
        head=quaternion_from_rotation_vector(turns),
    )  # fmt: skip

    clip = load(encode_unity_anim(frames, UnityTarget(head_path="Armature/Hips/Head")))

    (curve,) = clip["m_RotationCurves"]
    assert curve["path"] == "Armature/Hips/Head"
    values = [[key["value"][part] for part in "xyzw"] for key in curve["curve"]["m_Curve"]]
    half = np.sin(0.1), np.cos(0.1)
    expected = [
        [half[0], 0, 0, half[1]], [0, -half[0], 0, half[1]], [0, 0, -half[0], half[1]],
    ]  # fmt: skip
    np.testing.assert_allclose(values, expected, atol=1e-6)


def test_the_head_does_not_turn_round_between_two_signs():
    frames = make_frames(3)
    head = np.array([[0, 0.6, 0, 0.8], [0, -0.62, 0, -0.7846], [0, 0.64, 0, 0.7684]], np.float32)
    frames = FaceFrames(first_index=0, frame_rate_hz=25, weights=frames.weights, head=head)

    clip = load(encode_unity_anim(frames, UnityTarget(head_path="Head")))

    keys = clip["m_RotationCurves"][0]["curve"]["m_Curve"]
    assert all(key["value"]["w"] > 0.7 for key in keys)


def test_without_a_path_the_head_is_left_still():
    assert load(encode_unity_anim(make_frames(), UnityTarget()))["m_RotationCurves"] == []


def test_several_meshes_are_driven():
    target = UnityTarget(mesh_paths=("Wolf3D_Head", "Wolf3D_Teeth"))
    curves = curves_of(load(encode_unity_anim(make_frames(), target)))

    assert len(curves) == 104
    assert ("Wolf3D_Teeth", "blendShape.jawOpen") in curves


@pytest.mark.parametrize("name", ["Größe: 1", "- {x}", "a b/c.d", "123", "true", ""])
def test_any_name_is_kept(name):
    target = UnityTarget(name=name, mesh_paths=(name,))
    clip = load(encode_unity_anim(make_frames(2), target))

    assert (clip["m_Name"] or "") == name
    assert (clip["m_FloatCurves"][0]["path"] or "") == name


def test_a_single_frame_is_a_pose():
    clip = load(encode_unity_anim(make_frames(1), UnityTarget(head_path="Head")))

    assert clip["m_FloatCurves"][0]["curve"]["m_Curve"][0]["time"] == 0
    assert len(clip["m_RotationCurves"][0]["curve"]["m_Curve"]) == 1


@pytest.mark.parametrize("path", ["/Head", "Armature/", "a\nb"])
def test_paths_that_unity_would_not_find_are_refused(path):
    with pytest.raises(InvalidRequest, match="names with / between them"):
        UnityTarget(mesh_paths=(path,))
    with pytest.raises(InvalidRequest, match="names with / between them"):
        UnityTarget(head_path=path)


def test_a_clip_without_a_mesh_is_refused():
    with pytest.raises(InvalidRequest, match="no mesh to animate"):
        UnityTarget(mesh_paths=())


def test_equal_frames_give_equal_bytes():
    assert encode_take(make_frames(), "anim") == encode_take(make_frames(), "anim")


def test_the_suffix_chooses_the_format(tmp_path):
    assert written_format_of(tmp_path / "face.anim") == "anim"
    with pytest.raises(InvalidRequest, match=r"'.fbx'; allowed: .csv, .json, .npz, .anim"):
        written_format_of(tmp_path / "face.fbx")
