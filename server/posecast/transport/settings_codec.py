"""Translates between `AnimationSettings` and what a session takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from posecast.adjustments import CurveAdjustment, FaceAdjustments, RegionStrengths, Smoothing
from posecast.config import FRAME_RATE_HZ, AnimationOptions, LatencyMode
from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_INDEX
from posecast.signals import LIFE_LIMITS, Style
from posecast.transport.enums import LATENCY_MODE_NUMBERS, LATENCY_MODES, choose
from posecast.v1 import face_animation_service_pb2 as service_pb2

_OPTIONAL_SETTINGS = (
    "seed", "audio_guidance", "style_guidance", "sampling_steps", "look_ahead_ms", "style_strength",
)  # fmt: skip
"""Settings that are the options of the same name, and unset where the client left them so."""
_FIXED_SETTINGS = ("frame_rate_hz", "latency_mode", "look_ahead_ms", "window_frames")
"""Settings that hold for a whole stream: they decide which frames there are."""
MAX_STYLE_VALUE = 100.0
"""Coordinates of styles are about as large as 1; far beyond, the networks overflow."""


def options_from(
    message: service_pb2.AnimationSettings, *, default_mode: LatencyMode
) -> AnimationOptions:
    """Read what a client chose.

    Args:
        message: Its settings.
        default_mode: Latency mode where the client chose none.

    Returns:
        The options; a style vector is read by `style_from`.

    Raises:
        InvalidRequest: If a value is out of range.
    """
    mode = default_mode
    if message.latency_mode != service_pb2.LATENCY_MODE_UNSPECIFIED:
        mode = choose(LATENCY_MODES, message.latency_mode, "latency mode", service_pb2.LatencyMode)
    chosen = {name: getattr(message, name) for name in _OPTIONAL_SETTINGS if message.HasField(name)}
    if message.HasField("style_name"):
        chosen["style"] = message.style_name
    return AnimationOptions(
        frame_rate_hz=message.frame_rate_hz or FRAME_RATE_HZ,
        mode=mode,
        window_frames=message.window_frames or None,
        adjustments=_adjustments_from(message),
        **chosen,
    )


def options_message(
    options: AnimationOptions, *, style: Style | None = None
) -> service_pb2.AnimationSettings:
    """Write options as settings; what is unset stays unset.

    Args:
        options: What to ask for.
        style: A style of the client's own, in the place of the one named in the options.

    Returns:
        The settings.
    """
    return service_pb2.AnimationSettings(
        style_name=options.style if style is None else None,
        style_vector=None if style is None else style_message(style),
        seed=options.seed,
        frame_rate_hz=options.frame_rate_hz,
        latency_mode=LATENCY_MODE_NUMBERS[options.mode],
        audio_guidance=options.audio_guidance,
        style_guidance=options.style_guidance,
        sampling_steps=options.sampling_steps,
        look_ahead_ms=options.look_ahead_ms,
        style_strength=options.style_strength,
        window_frames=options.window_frames or 0,
        curve_adjustments=_adjustment_messages(options.adjustments.curves),
        strengths=_message_of(service_pb2.RegionStrengths, options.adjustments.strengths),
        smoothing=_message_of(service_pb2.Smoothing, options.adjustments.smoothing),
    )


def style_message(style: Style) -> service_pb2.StyleVector:
    """Write a style of the client's own."""
    life = {name: getattr(style, name) for name in LIFE_LIMITS}
    return service_pb2.StyleVector(values=style.vector.tolist(), **life)


def style_from(message: service_pb2.AnimationSettings, *, style_dim: int) -> Style | None:
    """Read a style of the client's own.

    Args:
        message: The client's settings.
        style_dim: Width of the model's style vectors.

    Returns:
        The style, or None if the settings name one instead.

    Raises:
        InvalidRequest: If the vector does not fit the model or a value is out of range.
    """
    if not message.HasField("style_vector"):
        return None
    chosen = message.style_vector
    vector = np.array(chosen.values, dtype=np.float32)
    if len(vector) != style_dim:
        raise InvalidRequest(f"style vector of {len(vector)} values; this model's have {style_dim}")
    is_fine = np.abs(vector) <= MAX_STYLE_VALUE  # false for NaN
    if not is_fine.all():
        raise InvalidRequest(
            f"style vector with the value {vector[~is_fine][0]:g}; "
            f"allowed: {-MAX_STYLE_VALUE:g} to {MAX_STYLE_VALUE:g}"
        )
    rates: dict[str, float] = {}
    for name, high in LIFE_LIMITS.items():
        if chosen.HasField(name):
            rates[name] = getattr(chosen, name)
            if not 0.0 <= rates[name] <= high:  # also true for NaN
                raise InvalidRequest(f"{name} {rates[name]}; allowed: 0 to {high:g}")
    return Style(vector=vector, **rates)


def updated_settings(
    current: service_pb2.AnimationSettings, update: service_pb2.AnimationSettings
) -> service_pb2.AnimationSettings:
    """Settings after an update in mid-stream.

    Args:
        current: What holds until now.
        update: What the client changes; what it leaves unset stays.

    Returns:
        New settings.

    Raises:
        InvalidRequest: If the update names a setting that cannot change.
    """
    for name in _FIXED_SETTINGS:
        if any(field.name == name for field, _ in update.ListFields()):
            raise InvalidRequest(
                f"update of {name}; it holds for the whole stream: open another for another"
            )
    settings = service_pb2.AnimationSettings()
    settings.CopyFrom(current)
    if update.WhichOneof("style"):
        settings.ClearField(settings.WhichOneof("style") or "style_name")
    renewed = {adjustment.curve_name for adjustment in update.curve_adjustments}
    kept = [a for a in settings.curve_adjustments if a.curve_name not in renewed]
    settings.ClearField("curve_adjustments")
    settings.MergeFrom(update)
    settings.curve_adjustments.extend(kept)
    return settings


def _adjustments_from(message: service_pb2.AnimationSettings) -> FaceAdjustments:
    return FaceAdjustments(
        strengths=RegionStrengths(**_fields_of(message.strengths)),
        curves=_curves_from(message.curve_adjustments),
        smoothing=Smoothing(**_fields_of(message.smoothing)),
    )


def _curves_from(
    messages: Iterable[service_pb2.CurveAdjustment],
) -> Mapping[str, CurveAdjustment]:
    curves: dict[str, CurveAdjustment] = {}
    for message in messages:
        name = message.curve_name
        if name not in CURVE_INDEX:
            raise InvalidRequest(
                f"adjustment of the curve {name!r}; allowed: ARKit curves, e.g. jawOpen"
            )
        if name in curves:
            raise InvalidRequest(f"two adjustments of the curve {name}; allowed: one")
        values = _fields_of(message)
        del values["curve_name"]
        try:
            curves[name] = CurveAdjustment(**values)
        except InvalidRequest as error:
            raise InvalidRequest(f"adjustment of the curve {name}: {error}") from error
    return curves


def _adjustment_messages(
    curves: Mapping[str, CurveAdjustment],
) -> list[service_pb2.CurveAdjustment]:
    return [
        service_pb2.CurveAdjustment(
            curve_name=name,
            multiplier=adjustment.multiplier,
            offset=adjustment.offset,
            minimum=adjustment.minimum,
            maximum=adjustment.maximum,
        )
        for name, adjustment in curves.items()
    ]


def _fields_of(message: Any) -> dict[str, Any]:
    """The fields that a client has set, by name."""
    return {field.name: value for field, value in message.ListFields()}


def _message_of(cls: Any, values: Any) -> Any:
    """A message with the fields of a dataclass that differ from their defaults; None if none do."""
    default = type(values)()
    names = [field.name for field in cls.DESCRIPTOR.fields]
    changed = {
        name: getattr(values, name)
        for name in names
        if getattr(values, name) != getattr(default, name)
    }
    return cls(**changed) if changed else None
