"""How far a predicted face is from the true one, vertex by vertex, in the words of the papers.

Everything here compares two faces of one person without head pose, frame by frame. Distances and
their squares have functions of their own, because published figures mix them: a squared error in
square metres looks "much lower" than an error in millimetres and is not comparable with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from posecast.errors import InvalidRequest
from posecast.evaluation.curves import DoubleArray
from posecast.signals import IntArray

MOUTH_OPENINGS: Mapping[str, tuple[int, int]] = {"inner": (62, 66), "outer": (51, 57)}
"""Upper and lower landmark of each reading of the mouth opening: middles of the inner and of the
outer lips, counted from 0 in the usual 68 facial landmarks."""

_MM_PER_M = 1e3
_10UM_PER_M = 1e5

Vertices = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class SurfacePoints:
    """Points that ride on the surface, each a weighted mean of three vertices."""

    vertices: IntArray
    """Indices of the vertices. [N, 3]"""
    weights: DoubleArray
    """Barycentric weights, 1 together. [N, 3]"""

    @classmethod
    def at_vertices(cls, indices: ArrayLike) -> SurfacePoints:
        """Points that are vertices. [N] -> [N]"""
        corners = np.repeat(np.asarray(indices, np.int64)[:, None], 3, axis=1)
        return cls(corners, np.full(corners.shape, 1 / 3))

    def on(self, vertices: Vertices) -> DoubleArray:
        """Positions on a moving surface. [T, V, 3] -> [T, N, 3], m"""
        corners = vertices[:, self.vertices].astype(np.float64)
        return np.asarray((corners * self.weights[..., None]).sum(axis=2))


def lip_vertex_error_mm(truth: Vertices, predicted: Vertices, lips: IntArray) -> float:
    """Lip vertex error (LVE): the worst lip vertex of a frame, averaged over frames.

        LVE = 1/T sum_t max_{v in lips} ||truth[t, v] - predicted[t, v]||

    Args:
        truth: True face without head pose. [T, V, 3], m
        predicted: Predicted face of the same person without head pose. [T, V, 3], m
        lips: Indices of the lip vertices. [L]

    Returns:
        Millimetres, 0 for equal lips.

    Raises:
        InvalidRequest: If the faces differ in shape or there are no frames or vertices.

    Source:
        MeshTalk, arXiv:2104.08223, which takes the maximum of each frame; the unit is that of
        DiffPoseTalk, arXiv:2310.00434, whose code for it was never published.
    """
    return float(_distances_m(truth, predicted, lips).max(axis=1).mean()) * _MM_PER_M


def lip_vertex_error_squared_m2(truth: Vertices, predicted: Vertices, lips: IntArray) -> float:
    """The squared variant: the worst squared distance of a frame, averaged over frames.

        1/T sum_t max_{v in lips} ||truth[t, v] - predicted[t, v]||^2

    Args:
        truth: True face without head pose. [T, V, 3], m
        predicted: Predicted face of the same person without head pose. [T, V, 3], m
        lips: Indices of the lip vertices. [L]

    Returns:
        Square metres. Its root is at least the LVE, and equal to it only if all frames have the
        same error.

    Raises:
        InvalidRequest: If the faces differ in shape or there are no frames or vertices.

    Source:
        What the evaluation of CodeTalker (arXiv:2301.02379) computes, as users of DiffPoseTalk
        report it: its issue 25.
    """
    return float(np.square(_distances_m(truth, predicted, lips)).max(axis=1).mean())


def mean_lip_error_mm(truth: Vertices, predicted: Vertices, lips: IntArray) -> float:
    """Mean distance over lip vertices and frames.

        1/T sum_t mean_{v in lips} ||truth[t, v] - predicted[t, v]||

    Args:
        truth: True face without head pose. [T, V, 3], m
        predicted: Predicted face of the same person without head pose. [T, V, 3], m
        lips: Indices of the lip vertices. [L]

    Returns:
        Millimetres, at most the LVE.

    Raises:
        InvalidRequest: If the faces differ in shape or there are no frames or vertices.

    Source:
        What the authors of ARTalk call MOD (their issue 17), though no opening is measured.
    """
    return float(_distances_m(truth, predicted, lips).mean()) * _MM_PER_M


def upper_face_dynamics_deviation_10um(
    truth: Vertices, predicted: Vertices, neutral: Vertices, upper_face: IntArray
) -> float:
    """Upper-face dynamics deviation (FDD): how much less the predicted upper face moves.

        FDD = mean_{v in upper face} (dyn(truth, v) - dyn(predicted, v)),
        dyn(x, v) = std_t ||x[t, v] - neutral[v]||, with the divisor T

    The sign is kept: positive is a prediction that moves too little, negative one that moves too
    much, and vertices of either kind cancel. Take the magnitude to rank systems.

    Args:
        truth: True face without head pose. [T, V, 3], m
        predicted: Predicted face of the same person without head pose. [T, V, 3], m
        neutral: The person's face at rest. [V, 3], m
        upper_face: Indices of the vertices of the upper face. [U]

    Returns:
        1e-5 m, that is 10 micrometres.

    Raises:
        InvalidRequest: If the faces differ in shape or there are no frames or vertices.

    Source:
        CodeTalker, arXiv:2301.02379, whose formula names the L2 norm.
    """
    _check_faces(truth, predicted, upper_face)
    moved = [_displacements_m(face, neutral, upper_face) for face in (truth, predicted)]
    return _mean_spread_difference(*moved) * _10UM_PER_M


def upper_face_dynamics_deviation_squared_m2(
    truth: Vertices, predicted: Vertices, neutral: Vertices, upper_face: IntArray
) -> float:
    """The squared variant: standard deviations of squared displacements, truth less prediction.

    Args:
        truth: True face without head pose. [T, V, 3], m
        predicted: Predicted face of the same person without head pose. [T, V, 3], m
        neutral: The person's face at rest. [V, 3], m
        upper_face: Indices of the vertices of the upper face. [U]

    Returns:
        Square metres, signed as the FDD. No function of the FDD.

    Raises:
        InvalidRequest: If the faces differ in shape or there are no frames or vertices.

    Source:
        What the evaluation of CodeTalker (arXiv:2301.02379) computes, as users of DiffPoseTalk
        report it: its issue 25.
    """
    _check_faces(truth, predicted, upper_face)
    moved = [_displacements_m(face, neutral, upper_face) for face in (truth, predicted)]
    return _mean_spread_difference(*map(np.square, moved))


def mouth_opening_m(
    vertices: Vertices, landmarks: SurfacePoints, pair: tuple[int, int]
) -> DoubleArray:
    """Distance of an upper and a lower landmark in each frame.

    Args:
        vertices: A face. [T, V, 3], m
        landmarks: Landmarks on the face. [N]
        pair: Which two of them, such as one of `MOUTH_OPENINGS`.

    Returns:
        The opening. [T], m

    Raises:
        InvalidRequest: If there are no such landmarks.
    """
    num_landmarks = len(landmarks.vertices)
    if not all(0 <= index < num_landmarks for index in pair):
        raise InvalidRequest(f"landmarks {pair}; allowed: 0 to {num_landmarks - 1}")
    chosen = list(pair)
    points = SurfacePoints(landmarks.vertices[chosen], landmarks.weights[chosen]).on(vertices)
    return np.linalg.norm(points[:, 0] - points[:, 1], axis=-1)


def mouth_opening_difference_mm(
    truth: Vertices, predicted: Vertices, landmarks: SurfacePoints, pair: tuple[int, int]
) -> float:
    """Mouth opening difference (MOD).

        MOD = 1/T sum_t | opening(truth, t) - opening(predicted, t) |

    Args:
        truth: True face without head pose. [T, V, 3], m
        predicted: Predicted face of the same person without head pose. [T, V, 3], m
        landmarks: Landmarks on the face. [N]
        pair: Upper and lower landmark, such as one of `MOUTH_OPENINGS`.

    Returns:
        Millimetres.

    Raises:
        InvalidRequest: If the faces differ in shape, there are no frames or no such landmarks.

    Source:
        Named in DiffPoseTalk, arXiv:2310.00434; the landmarks were never published (its issue 32).
        Both pairs of `MOUTH_OPENINGS` are a third party's reading, issue 2 of
        ubisoft/ubisoft-laforge-msmd, which takes a root mean square where this takes a mean.
    """
    _check_faces(truth, predicted, landmarks.vertices)
    openings = [mouth_opening_m(face, landmarks, pair) for face in (truth, predicted)]
    return float(np.abs(openings[0] - openings[1]).mean()) * _MM_PER_M


def _distances_m(truth: Vertices, predicted: Vertices, indices: IntArray) -> DoubleArray:
    """How far each chosen vertex is from where it should be. [T, L]"""
    _check_faces(truth, predicted, indices)
    difference = truth[:, indices].astype(np.float64) - predicted[:, indices]
    return np.linalg.norm(difference, axis=-1)


def _displacements_m(face: Vertices, neutral: Vertices, indices: IntArray) -> DoubleArray:
    """How far each chosen vertex is from rest. [T, U]"""
    return np.linalg.norm(face[:, indices].astype(np.float64) - neutral[indices], axis=-1)


def _mean_spread_difference(truth: DoubleArray, predicted: DoubleArray) -> float:
    """Mean over vertices of the difference of spreads over time. [T, U] each"""
    return float((truth.std(axis=0) - predicted.std(axis=0)).mean())


def _check_faces(truth: Vertices, predicted: Vertices, indices: IntArray) -> None:
    if truth.shape != predicted.shape or truth.ndim != 3:
        raise InvalidRequest(
            f"vertices {truth.shape} and {predicted.shape}; allowed: two equal shapes [T, V, 3]"
        )
    if truth.size == 0 or indices.size == 0:
        raise InvalidRequest(
            f"{len(truth)} frames, {indices.size} vertices; allowed: at least one of each"
        )
