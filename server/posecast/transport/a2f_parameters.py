"""The settings of an Audio2Face-3D stream as ours, as far as there is a counterpart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from posecast.adjustments import CurveAdjustment, FaceAdjustments, RegionStrengths, Smoothing
from posecast.config import A2FConfig, AnimationOptions
from posecast.errors import InvalidRequest
from posecast.nvidia_ace import a2f_controller_pb2 as pb
from posecast.transport.a2f_weights import WeightMap

METADATA_PREFIX = "x-posecast-"
"""Metadata of the call that begin so choose what that protocol has no field for."""
LARGEST_FACTOR = 1000.0
"""Magnitude to which multipliers and offsets are held, which the protocol does not limit."""
LONGEST_TRANSITION_S = 60.0
SHORTEST_TRANSITION_S = 0.0001
"""What the sample client sends in order to have none."""
_ROUNDING = 1e-6
"""Share by which a number may pass its limit: 0.1 that was sent as float32 is a little more."""

T = TypeVar("T")


class FaceParameter(NamedTuple):
    """A face parameter that clients know by name."""

    low: float
    high: float
    usual: float
    """What it is where a client does not send it, for Posecast."""
    effect: str
    """What it does here; empty if nothing."""


FACE_PARAMETERS: Mapping[str, FaceParameter] = {
    "upperFaceStrength": FaceParameter(0, 2, 1, "strength of the upper face"),
    "lowerFaceStrength": FaceParameter(0, 2, 1, "strength of the lower face"),
    "skinStrength": FaceParameter(0, 2, 1, "factor of both strengths"),
    "blinkStrength": FaceParameter(0, 2, 1, "strength of blinks"),
    "upperFaceSmoothing": FaceParameter(0, 0.1, 0, "smoothing of the upper face, seconds"),
    "lowerFaceSmoothing": FaceParameter(0, 0.1, 0, "smoothing of the lower face, seconds"),
    "eyelidOpenOffset": FaceParameter(-1, 1, 0, "offset of eyeWide if above 0, else of eyeBlink"),
    "tongueStrength": FaceParameter(0, 10, 1, "multiplier of tongueOut"),
    "faceMaskLevel": FaceParameter(0, 1, 0, ""),
    "faceMaskSoftness": FaceParameter(0.001, 0.5, 0, ""),
    "lipOpenOffset": FaceParameter(-0.2, 0.2, 0, ""),
    "tongueHeightOffset": FaceParameter(-10, 10, 0, ""),
    "tongueDepthOffset": FaceParameter(-10, 10, 0, ""),
    "blinkOffset": FaceParameter(-1, 1, 0, ""),
}
"""All that clients are known to send."""
SEED = "seed"
"""Integer parameter of our own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class A2FChoices:
    """What the client of a stream has chosen."""

    options: AnimationOptions
    """In our words."""
    weights: WeightMap
    """How its weights leave."""
    sends_head: bool
    """Whether its frames have the head's rotation."""
    emotion_share: float
    """How much of the emotion that it asks for is shown, 0..1."""
    transition_s: float
    """Seconds that a change of emotion takes."""
    beginning_emotion: Mapping[str, float]
    """Emotion before the first key."""
    warnings: tuple[str, ...]
    """What was out of its range, one line each."""
    ignored: tuple[str, ...]
    """Names that were sent and have no effect."""


def read_choices(
    header: pb.AudioStreamHeader, metadata: Mapping[str, Any], config: A2FConfig
) -> A2FChoices:
    """Read what a client chose.

    Args:
        header: Its first message.
        metadata: Metadata of its call.
        config: What holds where it chose nothing.

    Raises:
        InvalidRequest: If metadata of ours cannot be read. Numbers of that protocol which are out
            of their range are held to it instead, and told.
    """
    reader = _Reader()
    adjustments = _adjustments_from(header.face_params, reader)
    own = {name: value for name, value in metadata.items() if name.startswith(METADATA_PREFIX)}
    metadata_reader = _Metadata(own)
    options = AnimationOptions(
        style=metadata_reader.take("style", str, config.style),
        style_strength=metadata_reader.take("style-strength", float, 1.0),
        seed=metadata_reader.take("seed", int, _seed_from(header.face_params)),
        frame_rate_hz=metadata_reader.take("frame-rate", int, config.frame_rate_hz),
        mode=metadata_reader.take("mode", str, config.mode),
        adjustments=adjustments,
    )
    sends_head = metadata_reader.take("head", _is_on, config.sends_head)
    reader.ignored += [METADATA_PREFIX + name for name in metadata_reader.rest]
    emotion_share = _emotion_share_from(header.emotion_post_processing_params, reader)
    return A2FChoices(
        options=options,
        weights=_weights_from(header.blendshape_params, config, reader),
        sends_head=sends_head,
        emotion_share=emotion_share,
        transition_s=_transition_from(header.emotion_params, reader),
        beginning_emotion=dict(header.emotion_params.beginning_emotion),
        warnings=tuple(reader.warnings),
        ignored=tuple(reader.ignored),
    )


@dataclass(slots=True)
class _Reader:
    """Reads numbers, and notes what was held to its range and what has no effect."""

    warnings: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def number(self, name: str, value: float, low: float, high: float, usual: float) -> float:
        """A number within its range, the usual one for NaN."""
        held = usual if value != value else min(max(value, low), high)  # noqa: PLR0124 - NaN
        if not abs(held - value) <= _ROUNDING * max(1.0, abs(high)):  # true for NaN and infinity
            self.warnings.append(f"{name} {value:g} is taken as {held:g}; {low:g} to {high:g}")
        return held


def _adjustments_from(params: pb.FaceParameters, reader: _Reader) -> FaceAdjustments:
    values = {name: parameter.usual for name, parameter in FACE_PARAMETERS.items()}
    for name, value in sorted(params.float_params.items()):
        parameter = FACE_PARAMETERS.get(name)
        if parameter is None or not parameter.effect:
            reader.ignored.append(name)
        else:
            low, high, usual, _ = parameter
            values[name] = reader.number(name, value, low, high, usual)
    integers = [name for name in sorted(params.integer_params) if name != SEED]
    reader.ignored += [*integers, *sorted(params.float_array_params)]
    skin = values["skinStrength"]
    return FaceAdjustments(
        strengths=RegionStrengths(
            upper_face=min(2.0, skin * values["upperFaceStrength"]),
            lower_face=min(2.0, skin * values["lowerFaceStrength"]),
            blinks=values["blinkStrength"],
        ),
        curves=_curves_of(values["eyelidOpenOffset"], values["tongueStrength"]),
        smoothing=Smoothing(
            upper_face_s=values["upperFaceSmoothing"], lower_face_s=values["lowerFaceSmoothing"]
        ),
    )


def _curves_of(eyelid_offset: float, tongue_strength: float) -> dict[str, CurveAdjustment]:
    curves: dict[str, CurveAdjustment] = {}
    if eyelid_offset:
        curve = "eyeWide" if eyelid_offset > 0 else "eyeBlink"  # blinks still close the wide eye
        for side in ("Left", "Right"):
            curves[curve + side] = CurveAdjustment(offset=abs(eyelid_offset))
    if tongue_strength != 1.0:
        curves["tongueOut"] = CurveAdjustment(multiplier=tongue_strength)
    return curves


def _seed_from(params: pb.FaceParameters) -> int | None:
    seed = params.integer_params.get(SEED)
    return None if seed is None or seed < 0 else int(seed)


def _emotion_share_from(params: pb.EmotionPostProcessingParameters, reader: _Reader) -> float:
    """What is left of an emotion when it is mixed with what was heard, which is always none."""
    reader.ignored += [
        name
        for name in ("emotion_contrast", "live_blend_coef", "max_emotions")
        if params.HasField(name)
    ]
    if params.HasField("enable_preferred_emotion") and not params.enable_preferred_emotion:
        return 0.0
    share = 1.0
    for name, usual in (("emotion_strength", 0.6), ("preferred_emotion_strength", 0.5)):
        value = getattr(params, name) if params.HasField(name) else usual
        share *= reader.number(name, value, 0.0, 1.0, usual)
    return share


def _transition_from(params: pb.EmotionParameters, reader: _Reader) -> float:
    usual = 0.5
    if not params.HasField("live_transition_time"):
        return usual
    return reader.number(
        "live_transition_time",
        params.live_transition_time,
        SHORTEST_TRANSITION_S,
        LONGEST_TRANSITION_S,
        usual,
    )


def _weights_from(params: pb.BlendShapeParameters, config: A2FConfig, reader: _Reader) -> WeightMap:
    def held(what: str, values: Mapping[str, float], usual: float) -> dict[str, float]:
        return {
            name: reader.number(f"{what} of {name}", value, -LARGEST_FACTOR, LARGEST_FACTOR, usual)
            for name, value in sorted(values.items())
        }

    return WeightMap.of(
        config.blend_shapes,
        multipliers=held("multiplier", params.bs_weight_multipliers, 1.0),
        offsets=held("offset", params.bs_weight_offsets, 0.0),
        is_clamped=params.enable_clamping_bs_weight,
    )


class _Metadata:
    """Metadata of ours, one after another."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.rest = {name.removeprefix(METADATA_PREFIX): value for name, value in values.items()}
        """What nobody has asked for, by the name behind the prefix."""

    def take(self, name: str, read: Callable[[str], T], usual: T | None) -> Any:
        """What a client set, or the usual value."""
        if name not in self.rest:
            return usual
        value = self.rest.pop(name)
        try:
            return read(value)
        except ValueError as error:
            raise InvalidRequest(f"metadata {METADATA_PREFIX}{name}: {value!r}") from error


def _is_on(value: str) -> bool:
    if value not in ("on", "off"):
        raise ValueError(value)
    return value == "on"
