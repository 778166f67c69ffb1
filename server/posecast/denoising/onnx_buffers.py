"""Runs a network on arrays that stay in its device's memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from posecast.signals import FloatArray

Feeds = Mapping[str, NDArray[Any]]
_DEVICE_ID = 0
_MAX_SETS = 16
"""Buffer sets that are kept; one of 16 windows of 100 frames in three terms takes 6 MB."""


class BoundNetwork:
    """Copies inputs to the device, runs once, copies one output back; safe to share.

    Buffers are kept for the next call with the same shapes. A set in use belongs to its call alone,
    so concurrent calls never meet.
    """

    def __init__(
        self,
        session: ort.InferenceSession,
        output_name: str,
        *,
        device: Literal["cpu", "cuda"],
        max_sets: int = _MAX_SETS,
    ) -> None:
        """Take a session over.

        Args:
            session: The network.
            output_name: The output, float32.
            device: Where the session runs.
            max_sets: Buffer sets that are kept, 0 and more; the longest unused goes first.
        """
        self._session, self._output_name, self._device = session, output_name, device
        self._max_sets = max_sets
        self._idle: OrderedDict[tuple[Any, ...], _BufferSet] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def num_idle_sets(self) -> int:
        """Buffer sets that wait for their next call."""
        return len(self._idle)

    def run(self, feeds: Feeds, output_shape: tuple[int, ...]) -> FloatArray:
        """Evaluate the network once.

        Args:
            feeds: Every input by name, C-contiguous, of the type that the network takes.
            output_shape: Shape of the output for these inputs.

        Returns:
            The output in the host's memory; it is the caller's.
        """
        key = (output_shape, *((name, values.shape) for name, values in feeds.items()))
        buffers = self._take(key) or _BufferSet(
            self._session, feeds, self._output_name, output_shape, self._device
        )
        output = buffers.run(self._session, feeds)
        self._give_back(key, buffers)
        return output

    def _take(self, key: tuple[Any, ...]) -> _BufferSet | None:
        with self._lock:
            return self._idle.pop(key, None)

    def _give_back(self, key: tuple[Any, ...], buffers: _BufferSet) -> None:
        with self._lock:
            self._idle[key] = buffers
            while len(self._idle) > self._max_sets:
                self._idle.popitem(last=False)


class _BufferSet:
    """Arrays on the device for every input and for the output, bound once."""

    def __init__(
        self,
        session: ort.InferenceSession,
        feeds: Feeds,
        output_name: str,
        output_shape: tuple[int, ...],
        device: str,
    ) -> None:
        self._inputs = {
            name: _allocate(values.shape, values.dtype.type, device)
            for name, values in feeds.items()
        }
        self._output = _allocate(output_shape, np.float32, device)
        self._binding = session.io_binding()
        for name, buffer in self._inputs.items():
            self._binding.bind_ortvalue_input(name, buffer)
        self._binding.bind_ortvalue_output(output_name, self._output)

    def run(self, session: ort.InferenceSession, feeds: Feeds) -> FloatArray:
        """Copy in, evaluate, copy out."""
        for name, values in feeds.items():
            self._inputs[name].update_inplace(values)
        self._binding.synchronize_inputs()
        session.run_with_iobinding(self._binding)
        self._binding.synchronize_outputs()
        # On a CPU `numpy()` is a view of the buffer, which the next call overwrites.
        return np.array(self._output.numpy())


def _allocate(shape: tuple[int, ...], kind: type[Any], device: str) -> ort.OrtValue:
    return ort.OrtValue.ortvalue_from_shape_and_type(list(shape), kind, device, _DEVICE_ID)
