"""The log of a training: a file of JSON lines."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from posecast.training.devices import describe_machine


class TrainingLog:
    """Means of the losses since the last line, appended to a file of JSON lines."""

    def __init__(self, path: Path, began_s: float, device: torch.device) -> None:
        """Begin.

        Args:
            path: File that grows.
            began_s: When the call began, by the monotonic clock.
            device: Where the network is.
        """
        self._path, self._began_s, self._device = path, began_s, device
        self._sums: dict[str, Tensor] = {}
        self._num_steps = 0

    def write_header(self, start: int, plan: Mapping[str, object]) -> None:
        """Say what goes on from a step, and where."""
        self._append({"start": start, **describe_machine(self._device), "plan": plan})

    def add(self, losses: Mapping[str, Tensor]) -> None:
        """Count the losses of a step."""
        for name, loss in losses.items():  # they stay on the device: reading one waits for it
            self._sums[name] = self._sums.get(name, 0.0) + loss.detach().double()
        self._num_steps += 1

    def write(self, step: int) -> dict[str, float]:
        """Write the means since the last line, and return them."""
        means = {
            name: round(float(total) / self._num_steps, 5) for name, total in self._sums.items()
        }
        seconds = round(time.monotonic() - self._began_s, 1)
        self._append({"step": step, "seconds": seconds, "device": self._device.type, **means})
        self._sums, self._num_steps = {}, 0
        return means

    def _append(self, line: dict[str, object]) -> None:
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
