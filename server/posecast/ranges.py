"""The check of a number against its allowed range."""

from __future__ import annotations

from posecast.errors import InvalidRequest


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Refuse a value outside a range; NaN is outside of any.

    Args:
        name: What to call the value in the message.
        value: The value.
        low: Smallest allowed value.
        high: Largest allowed value.

    Raises:
        InvalidRequest: If the value is not in the range.
    """
    if not low <= value <= high:  # also true for NaN
        raise InvalidRequest(f"{name} {value}; allowed: {low} to {high}")
