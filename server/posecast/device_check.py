"""Holds a network on a GPU to what the same network answers on the CPU, before it is served."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from posecast.onnx_session import RUN_ERRORS
from posecast.signals import FloatArray

_logger = logging.getLogger(__name__)
_Network = TypeVar("_Network")

TOLERANCE = 1e-3
"""Largest difference of an answer from the CPU's, as a share of the largest value there. Sums in
another order gave 2e-6 on an H200 (docs/benchmarks/gpu)."""


def choose_faithful(
    stage: str,
    candidates: Sequence[tuple[str, _Network]],
    open_reference: Callable[[], _Network],
    answer: Callable[[_Network], Sequence[FloatArray]],
) -> _Network:
    """Give the first way to run a network whose answer is the CPU's.

    A face that is wrong looks like a face: nothing downstream would notice. One log line says
    where the network runs if that is not the first way, and how far off the others are.

    Args:
        stage: What the network is, for the log.
        candidates: Where each way runs, for the log, and the network; the best first.
        open_reference: Loads it on the CPU, for the length of this call unless nothing else is
            faithful.
        answer: What a network makes of fixed inputs, float32.

    Returns:
        One of the candidates, or the network on the CPU.
    """
    reference = open_reference()
    expected = answer(reference)
    faults: list[str] = []
    for place, network in candidates:
        fault = _fault(network, expected, answer)
        if fault is None:
            _tell(stage, place, faults)
            return network
        faults.append(f"{place} {fault}")
    _tell(stage, "on the CPU", faults)
    return reference


def _fault(
    network: _Network,
    expected: Sequence[FloatArray],
    answer: Callable[[_Network], Sequence[FloatArray]],
) -> str | None:
    """What is wrong with an answer; None if nothing is."""
    try:
        found = answer(network)
    except RUN_ERRORS as error:
        reason = str(error).partition("\n")[0]
        return f"it fails ({reason})"
    for right, given in zip(expected, found, strict=True):
        largest = float(np.abs(right).max())
        difference = float(np.abs(given - right).max())
        if not difference <= TOLERANCE * largest:  # true of what is no number, too
            return (
                f"it is off by {difference:.2g} where values go up to {largest:.2g} "
                f"(allowed: {TOLERANCE * largest:.2g})"
            )
    return None


def _tell(stage: str, place: str, faults: Sequence[str]) -> None:
    if faults:
        _logger.warning("the %s runs %s: %s", stage, place, ", ".join(faults))
    else:
        _logger.info("the %s answers %s as on the CPU", stage, place)
