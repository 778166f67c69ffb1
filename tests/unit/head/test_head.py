from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from posecast.head.asset import MESH_NODE, head_bytes, head_document, node_index
from posecast.head.encode import encode_head
from posecast.head.glb import read_gltf
from posecast.head.model import Head, build_head
from posecast.head.sculpt import EYE, EYE_RADIUS
from posecast.rig.arkit import CURVE_NAMES

FULL_CM = 1.0
"""A gap of a wide open mouth is more than this."""
TOUCH_CM = 1e-6


@pytest.fixture(scope="session")
def head() -> Head:
    pytest.importorskip("matplotlib", reason="the triangulation is matplotlib's")
    return build_head()


def moved(head: Head, **weights: float) -> np.ndarray:
    """The skin, without the ears, with some curves. [N, 3]"""
    part = head.parts["skin"]
    points = part.points.copy()
    for name, weight in weights.items():
        points += weight * part.moves[name]
    return points[: len(head.skin.points)]


def contact(head: Head) -> np.ndarray:
    """Upper vertices of the lips' contact."""
    skin = head.skin
    return np.flatnonzero((skin.partner != np.arange(len(skin.points))) & (skin.lip > 0))


def gaps(head: Head, points: np.ndarray) -> np.ndarray:
    upper = contact(head)
    return np.linalg.norm(points[upper] - points[head.skin.partner[upper]], axis=1)


def lid_gaps(head: Head, points: np.ndarray, *, is_left: bool) -> tuple[np.ndarray, np.ndarray]:
    """Height of the opening of an eye at places across it, and those places."""
    skin = head.skin
    side = skin.points[:, 0] > 0 if is_left else skin.points[:, 0] < 0
    margin = np.flatnonzero((skin.lid == 0) & side)
    middle = skin.points[margin, 1].mean()
    upper = margin[skin.points[margin, 1] > middle]
    lower = margin[skin.points[margin, 1] <= middle]
    across = np.linspace(2.3, 4.0, 9) * (1 if is_left else -1)
    heights = []
    for lid in (upper, lower):
        order = lid[np.argsort(points[lid, 0])]
        heights.append(np.interp(across, points[order, 0], points[order, 1]))
    return heights[0] - heights[1], across


def test_the_committed_asset_is_what_the_script_makes(head) -> None:
    made = read_gltf(encode_head(head), where="made")
    committed = head_document()
    assert made.content.keys() == committed.content.keys()
    assert made.content["meshes"] == committed.content["meshes"]
    for index, accessor in enumerate(committed.content["accessors"]):
        # Another machine's sine may differ in the last digit.
        np.testing.assert_allclose(
            made.array(index),
            committed.array(index),
            atol=2e-5 if "VEC3" in accessor["type"] else 1,
        )


def test_the_asset_is_small_and_names_all_curves() -> None:
    document = head_document()
    mesh = document.content["meshes"][
        document.content["nodes"][node_index(document, MESH_NODE)]["mesh"]
    ]
    assert len(head_bytes()) < 1_000_000
    assert tuple(mesh["extras"]["targetNames"]) == CURVE_NAMES
    assert {len(primitive["targets"]) for primitive in mesh["primitives"]} == {len(CURVE_NAMES)}


@pytest.mark.parametrize("name", CURVE_NAMES)
def test_every_curve_moves_something_by_millimetres(head, name) -> None:
    moves = [part.moves[name] for part in head.parts.values() if name in part.moves]
    assert 0.1 < max(np.abs(move).max() for move in moves) < 5.0


def test_no_triangle_is_degenerate_and_none_is_there_twice(head) -> None:
    for part in head.parts.values():
        a, b, c = (part.points[part.triangles[:, i]] for i in range(3))
        assert np.linalg.norm(np.cross(b - a, c - a), axis=1).min() > 1e-6
        edges = np.concatenate([part.triangles[:, [i, (i + 1) % 3]] for i in range(3)])
        assert len(np.unique(edges, axis=0)) == len(edges)


def test_the_skin_has_no_holes_but_the_eyes_and_the_neck(head) -> None:
    triangles = head.skin.triangles
    edges = {tuple(t[[i, (i + 1) % 3]]) for t in triangles for i in range(3)}
    border = np.array([a for a, b in edges if (b, a) not in edges])
    at_neck = head.skin.points[border, 1] < -17
    at_eye = head.skin.lid[border] == -2
    assert at_neck.any()
    assert at_eye.any()
    assert (at_neck | at_eye).all()


def test_normals_face_outwards(head) -> None:
    skin = head.skin
    a, b, c = (skin.points[skin.triangles[:, i]] for i in range(3))
    outside = (skin.ring[skin.triangles] >= 2).all(axis=1) & (skin.lid[skin.triangles] != -2).all(1)
    facing = (np.cross(b - a, c - a) * (a - [0.0, -2.0, -1.0])).sum(axis=1)[outside]
    assert (facing > 0).mean() > 0.98  # under nose, brows and chin some look inwards
    for name in ("eyes", "mouth", "brows"):
        part = head.parts[name]
        halves = [part.points[:, 0] > 0, part.points[:, 0] < 0] if name != "mouth" else [None]
        for half in halves:
            assert volume(part.points, part.triangles, half) > 0, name


def volume(points: np.ndarray, triangles: np.ndarray, kept: np.ndarray | None) -> float:
    """Six times the volume inside, above 0 if the triangles face outwards."""
    if kept is not None:
        triangles = triangles[kept[triangles].all(axis=1)]
    centred = points - points[np.unique(triangles)].mean(axis=0)
    a, b, c = (centred[triangles[:, i]] for i in range(3))
    return float((np.cross(a, b) * c).sum())


@pytest.mark.parametrize("name", [name for name in CURVE_NAMES if name.endswith("Left")])
def test_left_and_right_are_mirror_images(head, name) -> None:
    for part in head.parts.values():
        left, right = part.moves.get(name), part.moves.get(name.removesuffix("Left") + "Right")
        if left is None:
            assert right is None
            continue
        flip = np.array([-1.0, 1.0, 1.0])
        assert rows(part.points, left) == rows(part.points * flip, right * flip)


def rows(points: np.ndarray, moves: np.ndarray) -> list[tuple[float, ...]]:
    """Places with their movements, sorted; the lips' contact has two of each place."""
    table = np.concatenate([points.round(4), moves.round(4)], axis=1) + 0.0
    return sorted(map(tuple, table.tolist()))


@pytest.mark.parametrize(
    "name", [n for n in CURVE_NAMES if n.endswith("Left") and n not in ("jawLeft", "mouthLeft")]
)
def test_left_is_the_own_left(head, name) -> None:
    total = sum(
        (np.linalg.norm(part.moves[name], axis=1) * np.sign(part.points[:, 0])).sum()
        for part in head.parts.values()
        if name in part.moves
    )
    assert total > 0


@pytest.mark.parametrize("name", ["jawLeft", "mouthLeft"])
def test_what_shifts_left_goes_to_the_own_left(head, name) -> None:
    move = head.parts["skin"].moves[name]
    assert move[:, 0].max() > 0.5
    assert move[:, 0].min() > -0.05


@pytest.mark.parametrize("weight", [0.1, 0.35, 1.0])
def test_mouth_close_seals_the_lips_over_an_open_jaw(head, weight) -> None:
    opened = gaps(head, moved(head, jawOpen=weight)).max()
    closed = gaps(head, moved(head, jawOpen=weight, mouthClose=weight)).max()
    assert opened > 1.5 * weight * FULL_CM
    assert closed < 0.005  # movements below 0.002 cm are left out


@pytest.mark.parametrize(
    "curves",
    [
        {},
        {"mouthSmileLeft": 1.0, "mouthSmileRight": 0.4},
        {"mouthPucker": 1.0},
        {"mouthStretchLeft": 0.8, "mouthFrownRight": 0.7},
        {"mouthLeft": 0.6},
        {"mouthPressLeft": 1.0, "mouthPressRight": 1.0},
        {"mouthShrugLower": 1.0, "mouthShrugUpper": 0.5},
        {"jawOpen": 0.3, "mouthClose": 0.3, "mouthPucker": 0.5, "cheekPuff": 0.5},
    ],
    ids=lambda curves: "+".join(curves) or "rest",
)
def test_lips_stay_shut_in_what_does_not_open_them(head, curves) -> None:
    assert gaps(head, moved(head, **curves)).max() < 0.005


@pytest.mark.parametrize(
    "name", ["jawOpen", "mouthFunnel", "mouthLowerDownLeft", "mouthUpperUpRight"]
)
def test_lips_part_in_what_opens_them(head, name) -> None:
    assert gaps(head, moved(head, **{name: 1.0})).max() > 0.4


def test_a_wider_jaw_opens_the_mouth_more(head) -> None:
    openings = [gaps(head, moved(head, jawOpen=w)).max() for w in (0, 0.1, 0.3, 0.6, 1.0)]
    assert all(more > less for less, more in pairwise(openings))
    assert openings[-1] == pytest.approx(3.5, abs=1.0)


@pytest.mark.parametrize("is_left", [True, False], ids=["left", "right"])
def test_a_blink_shuts_its_eye_and_leaves_the_other(head, is_left) -> None:
    blinked = moved(head, **{"eyeBlinkLeft" if is_left else "eyeBlinkRight": 1.0})
    rest = moved(head)
    assert lid_gaps(head, rest, is_left=is_left)[0].min() > 0.3
    assert np.abs(lid_gaps(head, blinked, is_left=is_left)[0]).max() < 0.06
    other_eye = [lid_gaps(head, points, is_left=not is_left)[0] for points in (blinked, rest)]
    np.testing.assert_array_equal(*other_eye)


@pytest.mark.parametrize("weight", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_lids_never_cut_into_the_eyeball(head, weight) -> None:
    points = moved(head, eyeBlinkLeft=weight)
    lids = (head.skin.lid >= 0) & (head.skin.points[:, 0] > 0)
    assert np.linalg.norm(points[lids] - EYE, axis=1).min() > EYE_RADIUS


@pytest.mark.parametrize(
    ("name", "axis", "sign"),
    [
        ("eyeLookUpLeft", 1, 1),
        ("eyeLookDownLeft", 1, -1),
        ("eyeLookOutLeft", 0, 1),
        ("eyeLookInLeft", 0, -1),
        ("eyeLookOutRight", 0, -1),
        ("eyeLookInRight", 0, 1),
    ],
)
def test_the_pupil_goes_where_the_curve_says(head, name, axis, sign) -> None:
    part = head.parts["eyes"]
    is_own = part.points[:, 0] > 0 if name.endswith("Left") else part.points[:, 0] < 0
    pupil = np.flatnonzero(is_own)[np.argmax(part.points[is_own, 2])]
    assert sign * part.moves[name][pupil, axis] > 0.4
    assert not part.moves[name][~is_own].any()


def test_teeth_and_tongue_follow_the_jaw(head) -> None:
    part = head.parts["mouth"]
    drop = -part.moves["jawOpen"][:, 1]
    assert (drop == 0).sum() > 300  # the upper row
    assert drop.max() > 2.0


def test_the_tongue_comes_out_over_the_lower_lip(head) -> None:
    part = head.parts["mouth"]
    points = part.points + 0.5 * part.moves["jawOpen"] + part.moves["tongueOut"]
    tip = points[np.argmax(points[:, 2])]
    skin = moved(head, jawOpen=0.5)
    lip = skin[(head.skin.ring == 0) & (head.skin.lip < 0)]
    assert tip[2] > lip[:, 2].max() + 0.4
