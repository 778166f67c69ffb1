"""A clock in the test's hand, and faces to queue."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.signals import FaceFrames


class FakeTimer:
    """What an event loop knows of time; it goes on only when it is told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.wakes_late_s = 0.0
        self._alarms: list = []
        self._order = itertools.count()

    def time(self) -> float:
        return self.now_s

    def call_at(self, when: float, callback: Callable[[], None]):
        alarm = Alarm(when, next(self._order), callback)
        self._alarms.append(alarm)
        return alarm

    def advance(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while due := [a for a in self._alarms if a.when + self.wakes_late_s <= end_s]:
            alarm = min(due, key=lambda a: (a.when, a.order))
            self._alarms.remove(alarm)
            self.now_s = max(self.now_s, alarm.when + self.wakes_late_s)
            if not alarm.is_cancelled:
                alarm.callback()
        self.now_s = end_s


class Alarm:
    def __init__(self, when, order, callback) -> None:
        self.when, self.order, self.callback = when, order, callback
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


@pytest.fixture
def timer() -> FakeTimer:
    return FakeTimer()


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    """A UDP port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        yield receiver


@pytest.fixture(scope="session")
def make_frames() -> Callable[..., FaceFrames]:
    """Frames with the jaw at a value that grows by one thousandth a frame, from a first one on."""

    def make(num: int, *, first_index: int = 0, rate_hz: int = 25, first_jaw: float = 0.1):
        weights = np.zeros((num, NUM_CURVES), np.float32)
        weights[:, CURVE_INDEX["jawOpen"]] = first_jaw + (first_index + np.arange(num)) / 1000
        return FaceFrames(
            first_index=first_index,
            frame_rate_hz=rate_hz,
            weights=weights,
            head=np.tile(np.array([0, 0, 0, 1], np.float32), (num, 1)),
        )

    return make


@pytest.fixture(scope="session")
def jaw_of() -> Callable[[FaceFrames], list[float]]:
    """The simplest rows: the jaw's opening, rounded."""

    def jaw(frames: FaceFrames) -> list[float]:
        return [round(float(row), 4) for row in frames.weights[:, CURVE_INDEX["jawOpen"]]]

    return jaw
