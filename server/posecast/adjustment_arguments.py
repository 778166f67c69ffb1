"""Flags that adjust the face of a take: by region, by curve, and in time."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields

from posecast.adjustments import CurveAdjustment, FaceAdjustments, RegionStrengths, Smoothing
from posecast.errors import InvalidRequest
from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES

STRENGTH_REGIONS = tuple(field.name for field in fields(RegionStrengths))
SMOOTHING_REGIONS = tuple(field.name.removesuffix("_s") for field in fields(Smoothing))
_CURVE_FORM = "MULTIPLIER[,OFFSET[,MIN,MAX]]"
_CURVE_COUNTS = (1, 2, 4)


def add_adjustment_arguments(parser: argparse._ActionsContainer) -> None:
    """Declare the flags; each may be given several times, and `read_adjustments` reads them.

    Args:
        parser: Parser, or a group of one.
    """
    # As text: `evaluate` writes its arguments into a document.
    for flag, form, told in (
        ("--strength", "REGION=X", f"0..2: how far {', '.join(STRENGTH_REGIONS)} move"),
        ("--curve", f"NAME={_CURVE_FORM}", "change one ARKit curve: times, plus, bounds"),
        (
            "--smooth",
            "REGION=SECONDS",
            f"0..0.5: time constant of a low-pass on {', '.join(SMOOTHING_REGIONS)}; it delays",
        ),
    ):
        parser.add_argument(
            flag, action="append", default=[], metavar=form, help=f"{told}; may be repeated"
        )


def read_adjustments(
    *, strengths: Sequence[str], curves: Sequence[str], smoothing: Sequence[str]
) -> FaceAdjustments:
    """What the flags ask for.

    Args:
        strengths: Words of `--strength`, e.g. `head=0.5`.
        curves: Words of `--curve`, e.g. `jawOpen=1.2,0.05`.
        smoothing: Words of `--smooth`, e.g. `head=0.1`.

    Returns:
        The adjustments; what no word names is left as it is.

    Raises:
        InvalidRequest: If a word cannot be read, names what there is not, names something twice, or
            has a value out of range.
    """
    return FaceAdjustments(
        strengths=RegionStrengths(**_by_region("--strength", strengths, STRENGTH_REGIONS)),
        curves=_by_curve("--curve", curves),
        smoothing=Smoothing(
            **{
                f"{region}_s": seconds
                for region, seconds in _by_region("--smooth", smoothing, SMOOTHING_REGIONS).items()
            }
        ),
    )


def _by_region(flag: str, words: Sequence[str], regions: Sequence[str]) -> dict[str, float]:
    values: dict[str, float] = {}
    for region, text in _pairs(flag, words):
        if region not in regions:
            raise InvalidRequest(f"{flag} of {region!r}; allowed: {', '.join(regions)}")
        values[region] = _number(f"{flag} {region}", text)
    return values


def _by_curve(flag: str, words: Sequence[str]) -> dict[str, CurveAdjustment]:
    curves: dict[str, CurveAdjustment] = {}
    for name, text in _pairs(flag, words):
        if name not in CURVE_INDEX:
            raise InvalidRequest(
                f"{flag} of {name!r}; allowed: the {NUM_CURVES} ARKit names, e.g. jawOpen"
            )
        numbers = [_number(f"{flag} {name}", part) for part in text.split(",")]
        if len(numbers) not in _CURVE_COUNTS:
            raise InvalidRequest(f"{flag} {name}={text}; allowed: {_CURVE_FORM}")
        try:
            curves[name] = CurveAdjustment(
                **dict(zip(("multiplier", "offset", "minimum", "maximum"), numbers, strict=False))
            )
        except InvalidRequest as error:
            raise InvalidRequest(f"{flag} {name}: {error}") from error
    return curves


def _pairs(flag: str, words: Sequence[str]) -> list[tuple[str, str]]:
    """Names and the text of their values, each name once."""
    pairs: dict[str, str] = {}
    for word in words:
        name, sign, text = word.partition("=")
        if not sign:
            raise InvalidRequest(f"{flag} {word!r}; allowed: a name, = and a value")
        if name in pairs:
            raise InvalidRequest(f"{flag} of {name} twice; allowed: once")
        pairs[name] = text
    return list(pairs.items())


def _number(what: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidRequest(f"{what}={text}; allowed: a number") from None
