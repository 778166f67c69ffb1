"""Judges how a model obeys styles of known parameters, and whether they can be read back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from posecast.checkpoints import STYLE_ENCODER_FILE, load_package
from posecast.conditioning.onnx_style_encoder import OnnxStyleEncoder
from posecast.conditioning.style_encoder import StyleEncoder
from posecast.config import FRAME_RATE_HZ, AnimationOptions
from posecast.rig.arkit import CURVE_INDEX
from posecast.rig.head_pose import rotation_vector_from_quaternion
from posecast.rig.retarget import MotionScale, lip_aperture
from posecast.session.engine import AnimationEngine
from posecast.session.pipeline import animate
from posecast.session.style_extraction import extract_style, extract_vector
from posecast.signals import FaceFrames, FaceRecording, FloatArray, Style, Waveform
from posecast.training.motion import motion_in_style
from posecast.training.strung_speech import read_strung
from posecast.training.styles import StyleParameters, draw_hard_styles
from posecast.training.tapes import TapeSampler
from posecast.training.utterance import Utterance

_CLIPS_PER_STYLE = 24
_CLIP_HOPS = 600  # 6 s
_SEED = 11
_NOD_BAND_HZ = (0.8, 3.0)
ASKED: dict[str, tuple[float, float, float]] = {
    "mouth_gain": (0.5, 1.0, 1.6),
    "rounding": (0.5, 1.0, 1.6),
    "head_amplitude_rad": (0.01, 0.039, 0.1),
    "head_tempo_hz": (0.12, 0.27, 0.5),
    "nod_rad": (0.0, 0.045, 0.09),
    "blink_rate_hz": (0.1, 0.28, 0.7),
    "smile": (0.0, 0.25, 0.5),
    "brow_gain": (0.0, 0.3, 0.6),
    "lip_balance": (0.6, 1.0, 1.6),
}
"""Parameters that are turned one by one: a low, a middle and a high value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """What is judged, and the speech that it is judged by."""

    engine: AnimationEngine
    """The model as it is served."""
    encoder: StyleEncoder
    """Its style encoder."""
    scale: MotionScale
    """Units of the motion."""
    sampler: TapeSampler
    """Labelled speech of held-out voices, for the clips that show a style to the encoder."""
    waveforms: list[Waveform]
    """Speech of held-out voices, some 20 s each, for the faces that are made."""
    options: AnimationOptions
    """Mode, guidance and steps."""

    def encode(self, parameters: StyleParameters) -> Style:
        """The style of some parameters, as a named style of the package is made."""
        rng = self.sampler.rng
        clips = np.stack(
            [
                motion_in_style(self.sampler.draw(_CLIP_HOPS), parameters, rng)
                for _ in range(_CLIPS_PER_STYLE)
            ]
        )
        vectors = self.encoder.encode(self.scale.normalise(clips))
        return Style(
            vector=vectors.mean(axis=0),
            blink_rate_hz=parameters.blink_rate_hz,
            gaze_range=parameters.gaze_range,
            head_wander_rad=parameters.head_amplitude_rad,
            head_tempo_hz=parameters.head_tempo_hz,
        )

    def read_clip(self, parameters: StyleParameters, num_hops: int) -> FloatArray:
        """Vector of one clip that is made by rule, as it is found in a recording. [style_dim]"""
        clip = motion_in_style(self.sampler.draw(num_hops), parameters, self.sampler.rng)
        return extract_vector(clip, self.encoder, self.scale)

    def read_back(self, style: Style, seed: int) -> Style:
        """The style that is read off a face of that style."""
        (face,) = self.faces(style, seed, 1)
        recording = FaceRecording(times_s=face.times_s, weights=face.weights, head=face.head)
        return extract_style(recording, self.encoder, self.scale)

    def faces(self, style: Style, seed: int, count: int) -> Iterator[FaceFrames]:
        """Faces of that style on `count` of the waveforms, the first chosen by the seed."""
        for index in range(count):
            options = dataclasses.replace(self.options, seed=seed + index)
            waveform = self.waveforms[(seed + index) % len(self.waveforms)]
            yield animate(self.engine, waveform, options, style)


def load_judge(
    model: str | Path, speech: list[Utterance], clips: Path, options: AnimationOptions
) -> Judge:
    """Load what is judged.

    Args:
        model: `default`, or the folder of a model package.
        speech: Labelled speech of held-out voices.
        clips: Folder of WAV, FLAC or Ogg files; they are strung together to 20 s each.
        options: Mode, guidance and steps.

    Raises:
        InvalidRequest: If the folder has no clips.
        ModelUnavailable: If there is no such package.
    """
    return open_judge(model, speech, read_strung(clips), options, _SEED)


def open_judge(
    model: str | Path,
    speech: list[Utterance],
    waveforms: list[Waveform],
    options: AnimationOptions,
    seed: int,
) -> Judge:
    """Load a model with any speech.

    Args:
        model: `default`, or the folder of a model package.
        speech: Labelled speech, for the clips that show a style to the encoder.
        waveforms: Speech of some 20 s each, for the faces that are made.
        options: Mode, guidance and steps.
        seed: Of styles and clips; another one than the judgement's gives other styles.

    Raises:
        ModelUnavailable: If there is no such package.
    """
    package = load_package(model)
    encoder = OnnxStyleEncoder(package.path(STYLE_ENCODER_FILE), package.config.style_encoder)
    return Judge(
        engine=AnimationEngine.load(model),
        encoder=encoder,
        scale=MotionScale(mean=package.motion_mean, std=package.motion_std),
        sampler=TapeSampler(speech, np.random.default_rng(seed)),
        waveforms=waveforms,
        options=options,
    )


def measure_response(judge: Judge, num_faces: int = 6) -> dict[str, dict[str, float]]:
    """What comes of each parameter: its figure at the low and the high value over the middle one.

    Args:
        judge: Model and speech.
        num_faces: Faces a value.

    Returns:
        By parameter: the asked values, `figures` at each of them, and `low` and `high`, the ratios.
    """
    response: dict[str, dict[str, float]] = {}
    for name, values in tqdm(ASKED.items(), desc="parameters"):
        figures = []
        for value in values:
            parameters = dataclasses.replace(StyleParameters(), **{name: value})
            faces = list(judge.faces(judge.encode(parameters), 0, num_faces))
            figures.append(float(np.mean([_FIGURES[name](face) for face in faces])))
        low, middle, high = figures
        response[name] = {
            **{
                f"asked_{value:g}": round(figure, 4)
                for value, figure in zip(values, figures, strict=True)
            },
            "low": round(low / max(middle, 1e-6), 3),
            "high": round(high / max(middle, 1e-6), 3),
        }
    return response


def measure_retrieval(judge: Judge, count: int = 100) -> dict[str, float | dict[str, float]]:
    """How often the style read off a generated face is nearest to the one that was asked for.

    Args:
        judge: Model and speech.
        count: Styles, all of which share what a single frame shows.

    Returns:
        `count`, and by each way to tell what is near `at_1` and `at_3`, shares of the faces whose
        asked style is the nearest, or among the three nearest, and `rank`, the mean rank. The ways
        are `cosine`, of the vectors' deviations from their mean, and `distance`, that of the
        package if it has one.
    """
    hard = draw_hard_styles(2 * count, judge.sampler.rng)[::2]
    asked = [judge.encode(parameters) for parameters in tqdm(hard, desc="styles")]
    found = [judge.read_back(style, index) for index, style in enumerate(tqdm(asked, desc="faces"))]
    middle = np.mean([style.vector for style in asked], axis=0)
    directions = [_unit(np.stack([s.vector for s in styles]) - middle) for styles in (found, asked)]
    retrieval: dict[str, float | dict[str, float]] = {
        "count": count,
        "cosine": _rank_own(-directions[0] @ directions[1].T),
    }
    distance = judge.engine.styles.distance
    if distance is not None:
        places = [np.stack([distance.place(s) for s in styles]) for styles in (found, asked)]
        apart = np.linalg.norm(places[0][:, None] - places[1], axis=-1)
        retrieval["distance"] = _rank_own(apart)
    return retrieval


def _rank_own(apart: NDArray[np.floating]) -> dict[str, float]:
    """Where each row's own column stands among all, the smallest first. [N, N]"""
    placed = (apart < np.diag(apart)[:, None]).sum(axis=1)
    return {
        "at_1": float((placed == 0).mean()),
        "at_3": float((placed < 3).mean()),
        "rank": float(placed.mean() + 1),
    }


def _unit(vectors: FloatArray) -> FloatArray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _mean_of(*names: str) -> Callable[[FaceFrames], float]:
    columns = [CURVE_INDEX[name] for name in names]
    return lambda face: float(face.weights[:, columns].sum(axis=1).mean())


def _wide_aperture(face: FaceFrames) -> float:
    return float(np.percentile(lip_aperture(face.weights), 90))


def _head_deg(face: FaceFrames) -> FloatArray:
    return np.degrees(rotation_vector_from_quaternion(face.head))


def _head_std_deg(face: FaceFrames) -> float:
    return float(np.sqrt((_head_deg(face).std(axis=0) ** 2).sum()))


def _head_tempo(face: FaceFrames) -> float:
    """Speed over spread of the yaw, which nods leave alone: a sine of 1 Hz has 2 pi."""
    yaw = _head_deg(face)[:, 1]
    return float(np.diff(yaw).std() * FRAME_RATE_HZ / (yaw.std() + 1e-6))


def _nod_deg(face: FaceFrames) -> float:
    pitch = _head_deg(face)[:, 0]
    spectrum = np.fft.rfft((pitch - pitch.mean()) * np.hanning(len(pitch)))
    hz = np.fft.rfftfreq(len(pitch), 1 / FRAME_RATE_HZ)
    inside = (hz >= _NOD_BAND_HZ[0]) & (hz <= _NOD_BAND_HZ[1])
    return float(np.sqrt((np.abs(spectrum[inside]) ** 2).sum()) / len(pitch))


def _blinks_per_minute(face: FaceFrames) -> float:
    shut = face.weights[:, CURVE_INDEX["eyeBlinkLeft"]] > 0.5
    return float((np.diff(shut.astype(int)) > 0).sum() / len(shut) * FRAME_RATE_HZ * 60)


_FIGURES: dict[str, Callable[[FaceFrames], float]] = {
    "mouth_gain": _wide_aperture,
    "rounding": _mean_of("mouthPucker", "mouthFunnel"),
    "head_amplitude_rad": _head_std_deg,
    "head_tempo_hz": _head_tempo,
    "nod_rad": _nod_deg,
    "blink_rate_hz": _blinks_per_minute,
    "smile": _mean_of("mouthSmileLeft", "mouthSmileRight"),
    "brow_gain": _mean_of("browInnerUp"),
    "lip_balance": _mean_of("mouthLowerDownLeft", "mouthLowerDownRight"),
}
