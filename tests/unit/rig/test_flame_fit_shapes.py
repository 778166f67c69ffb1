"""The user's shapes are checked, tied and brought into FLAME's unit."""

import dataclasses

import numpy as np
import pytest

from posecast.errors import CheckpointMismatch, InvalidRequest
from posecast.rig.arkit import CURVE_INDEX, CURVE_NAMES
from posecast.rig.arkit_shapes import ArkitShapes
from posecast.rig.flame_fit_shapes import EMPHASIS, prepare_shapes
from posecast.rig.mirror import MIRRORED_CURVES, find_twins


def changed(shapes, **displacements):
    """Other displacements; None leaves a curve out."""
    both = {**shapes.displacements, **displacements}
    kept = {name: values for name, values in both.items() if values is not None}
    return dataclasses.replace(shapes, displacements=kept)


def test_shapes_that_are_symmetric_already_stay_as_they_are(toy_head, toy_shapes):
    prepared = prepare_shapes(toy_head.model, toy_shapes)

    np.testing.assert_allclose(prepared.displacements, toy_head.fields, atol=1e-6)
    assert prepared.notes == ()
    assert not prepared.moves[CURVE_INDEX["tongueOut"]]
    assert prepared.moves[CURVE_INDEX["jawOpen"]]


def test_sides_are_tied_to_their_mean(toy_head, toy_shapes):
    stronger = 1.2 * toy_shapes.displacements["mouthSmileLeft"]

    prepared = prepare_shapes(toy_head.model, changed(toy_shapes, mouthSmileLeft=stronger))

    twins = find_twins(toy_head.model.template)
    across = twins.mirror(prepared.displacements[MIRRORED_CURVES])
    np.testing.assert_allclose(prepared.displacements, across, atol=1e-12)
    np.testing.assert_allclose(
        prepared.displacements[CURVE_INDEX["mouthSmileLeft"]],
        1.1 * toy_head.fields[CURVE_INDEX["mouthSmileLeft"]],
        atol=1e-6,
    )


def test_a_missing_side_is_the_mirror_image_of_the_other(toy_head, toy_shapes):
    prepared = prepare_shapes(toy_head.model, changed(toy_shapes, browDownRight=None))

    assert prepared.notes == ("browDownRight is the mirror image of browDownLeft",)
    np.testing.assert_allclose(prepared.displacements, toy_head.fields, atol=1e-6)


def test_shapes_in_centimetres_and_elsewhere_come_into_flames_unit(toy_head, toy_shapes):
    scaled = ArkitShapes(
        neutral=100 * toy_shapes.neutral + [3, 20, 5],
        displacements={name: 100 * values for name, values in toy_shapes.displacements.items()},
    )
    prepared = prepare_shapes(toy_head.model, scaled)
    np.testing.assert_allclose(prepared.displacements, toy_head.fields, atol=1e-6)


def test_lips_and_lids_count_more(toy_head, toy_shapes):
    weights = prepare_shapes(toy_head.model, toy_shapes).vertex_weights

    place = toy_head.model.template
    forehead = int((place[:, 1] - np.abs(place[:, 0])).argmax())
    lid = int(np.linalg.norm(place[:, :2] - [0.03, 0.04], axis=1).argmin())
    assert (weights[list(toy_head.lips)] > 0.8 * (1 + EMPHASIS)).all()
    assert weights[lid] > 0.8 * (1 + EMPHASIS)
    assert weights[forehead] < 1.1


def test_a_mouth_close_over_an_open_jaw_loses_the_jaw(toy_head, toy_shapes):
    both = toy_shapes.displacements["mouthClose"] + toy_shapes.displacements["jawOpen"]

    prepared = prepare_shapes(toy_head.model, changed(toy_shapes, mouthClose=both))

    assert prepared.notes == ("mouthClose holds an open jaw: jawOpen was taken off it",)
    np.testing.assert_allclose(prepared.displacements, toy_head.fields, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n: n[:-1], "the shapes have 289 vertices, the FLAME model 290"),
        (lambda n: n[::-1], r"differs from FLAME's by \d+% of its size; allowed: 20%"),
        (lambda n: n[:, [0, 2, 1]], "Expected the same order of vertices and the same axes"),
    ],
    ids=["fewer", "reordered", "z-up"],
)
def test_another_mesh_is_refused(toy_head, toy_shapes, change, message):
    moved = {name: change(values) for name, values in toy_shapes.displacements.items()}
    other = ArkitShapes(neutral=change(toy_shapes.neutral), displacements=moved)
    with pytest.raises(InvalidRequest, match=message):
        prepare_shapes(toy_head.model, other)


def test_sides_of_who_looks_at_the_face_are_refused(toy_head, toy_shapes):
    names = [CURVE_NAMES[index] for index in MIRRORED_CURVES]
    swapped = {
        name: toy_shapes.displacements[other]
        for name, other in zip(CURVE_NAMES, names, strict=True)
    }
    with pytest.raises(InvalidRequest, match="expected the face's own left"):
        prepare_shapes(toy_head.model, dataclasses.replace(toy_shapes, displacements=swapped))


def test_sides_that_are_not_mirror_images_are_refused(toy_head, toy_shapes):
    other = -toy_shapes.displacements["mouthFrownRight"]
    message = "mouthFrownLeft is not the mirror image of mouthFrownRight: cosine -1.00"
    with pytest.raises(InvalidRequest, match=message):
        prepare_shapes(toy_head.model, changed(toy_shapes, mouthFrownRight=other))


def test_a_model_in_other_axes_is_refused(toy_head, toy_shapes):
    turned = dataclasses.replace(
        toy_head.model, template=toy_head.model.template * np.array([-1, 1, -1], np.float32)
    )
    with pytest.raises(CheckpointMismatch, match="the face looking"):
        prepare_shapes(turned, toy_shapes)
