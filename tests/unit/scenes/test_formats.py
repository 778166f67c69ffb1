from __future__ import annotations

import numpy as np
import pytest

from posecast.head.asset import HEAD_NODE, MESH_NODE, node_index
from posecast.head.glb import read_gltf
from posecast.rig.arkit import CURVE_NAMES, NUM_CURVES
from posecast.rig.head_pose import quaternion_from_rotation_vector
from posecast.scenes.formats import encode_scene
from posecast.signals import FaceFrames


@pytest.fixture
def take() -> FaceFrames:
    rng = np.random.default_rng(3)
    return FaceFrames(
        first_index=0,
        frame_rate_hz=30,
        weights=rng.random((7, NUM_CURVES), np.float32),
        head=quaternion_from_rotation_vector(rng.normal(0, 0.1, (7, 3)).astype(np.float32)),
    )


@pytest.mark.parametrize("form", ["glb", "gltf"])
def test_a_take_comes_back_out_of_gltf(take, form) -> None:
    document = read_gltf(encode_scene(take, form), where="it")
    (animation,) = document.content["animations"]
    values = {}
    for channel in animation["channels"]:
        sampler = animation["samplers"][channel["sampler"]]
        node = document.content["nodes"][channel["target"]["node"]]["name"]
        key = node, channel["target"]["path"]
        values[key] = document.array(sampler["input"]), document.array(sampler["output"])
    times, weights = values[MESH_NODE, "weights"]
    np.testing.assert_allclose(times, take.times_s, atol=1e-6)
    np.testing.assert_array_equal(weights.reshape(-1, NUM_CURVES), take.weights)
    np.testing.assert_array_equal(values[HEAD_NODE, "rotation"][1], take.head)


def test_the_curves_are_in_the_order_of_the_targets(take) -> None:
    document = read_gltf(encode_scene(take, "glb"), where="it")
    mesh = document.content["nodes"][node_index(document, MESH_NODE)]["mesh"]
    names = document.content["meshes"][mesh]["extras"]["targetNames"]
    assert tuple(names) == CURVE_NAMES


@pytest.mark.parametrize("form", ["glb", "gltf", "usda"])
def test_equal_takes_give_equal_bytes(take, form) -> None:
    assert encode_scene(take, form) == encode_scene(take, form)


def test_a_take_comes_back_out_of_usd(take, tmp_path) -> None:
    pxr = pytest.importorskip("pxr", reason="usd-core has no wheel here")
    from pxr import Usd, UsdGeom, UsdSkel

    assert pxr
    path = tmp_path / "face.usda"
    path.write_bytes(encode_scene(take, "usda"))
    stage = Usd.Stage.Open(str(path))
    assert stage.GetDefaultPrim().GetName() == "Posecast"
    assert UsdGeom.GetStageUpAxis(stage) == "Y"
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode()) == (0, 6)
    assert stage.GetTimeCodesPerSecond() == 30
    animation = UsdSkel.Animation(stage.GetPrimAtPath("/Posecast/Animation"))
    assert tuple(animation.GetBlendShapesAttr().Get()) == CURVE_NAMES
    for index in range(7):
        weights = np.array(animation.GetBlendShapeWeightsAttr().Get(index))
        np.testing.assert_allclose(weights, take.weights[index], atol=1e-6)
        turned = animation.GetRotationsAttr().Get(index)[1]
        quaternion = [*turned.GetImaginary(), turned.GetReal()]
        np.testing.assert_allclose(quaternion, take.head[index], atol=1e-5)


def test_usd_finds_its_blend_shapes_and_skeleton(take, tmp_path) -> None:
    pytest.importorskip("pxr", reason="usd-core has no wheel here")
    from pxr import Usd, UsdSkel

    path = tmp_path / "face.usda"
    path.write_bytes(encode_scene(take, "usda"))
    stage = Usd.Stage.Open(str(path))
    root = UsdSkel.Root(stage.GetPrimAtPath("/Posecast"))
    cache = UsdSkel.Cache()
    assert cache.Populate(root, Usd.PrimDefaultPredicate)
    skin = stage.GetPrimAtPath("/Posecast/skin")
    query = UsdSkel.BlendShapeQuery(UsdSkel.BindingAPI(skin))
    assert query.GetNumBlendShapes() == 47  # the tongue and two looks of each eye move no skin
    skinning = cache.GetSkinningQuery(skin)
    assert skinning.HasBlendShapes()
    assert skinning.IsRigidlyDeformed() is False
    (binding,) = cache.ComputeSkelBindings(root, Usd.PrimDefaultPredicate)
    assert len(binding.GetSkinningTargets()) == 4
