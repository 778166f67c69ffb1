"""What is measured are windows, alone and together."""

from __future__ import annotations

import numpy as np
import pytest

from posecast.config import AnimationOptions, ServerConfig
from posecast.session.batch import make_next_windows
from posecast.session.engine import AnimationEngine
from posecast.session.streaming import StreamingSession
from posecast.transport.capacity import measure_capacity
from posecast.transport.window_timer import MAX_WINDOWS, WindowTimer


class Steps:
    """A clock and an `advance` that takes as long as the test says, call by call."""

    def __init__(self, *costs_s: float) -> None:
        self.now_s = 0.0
        self.calls: list[tuple[int, int]] = []
        self._costs_s = list(costs_s)

    def clock(self) -> float:
        return self.now_s

    def advance(self, sessions: list[StreamingSession], samples: np.ndarray) -> None:
        self.calls.append((len(sessions), len(samples)))
        self.now_s += self._costs_s.pop(0)


def test_the_least_of_what_came_after_the_warm_up_is_told(tiny_engine: AnimationEngine):
    steps = Steps(9.0, 0.010, 0.030, 0.011, 0.012)
    timer = WindowTimer(tiny_engine, steps.advance, limit_s=0.072, clock=steps.clock)

    assert timer(AnimationOptions(mode="realtime"), 4) == pytest.approx(0.010)
    assert steps.calls == [(4, 3 * 640)] * 5


def test_a_slow_window_is_measured_once(tiny_engine: AnimationEngine):
    steps = Steps(3.0, 2.0)
    timer = WindowTimer(tiny_engine, steps.advance, limit_s=0.04, clock=steps.clock)

    assert timer(AnimationOptions(mode="offline"), 1) == 2.0
    assert steps.calls == [(1, 100 * 640)] * 2


def test_fast_windows_are_not_measured_for_ever(tiny_engine: AnimationEngine):
    steps = Steps(*[0.001] * (MAX_WINDOWS + 1))
    timer = WindowTimer(tiny_engine, steps.advance, limit_s=1.0, clock=steps.clock)

    assert timer(AnimationOptions(mode="balanced"), 1) == pytest.approx(0.001)
    assert len(steps.calls) == MAX_WINDOWS + 1


@pytest.mark.parametrize(
    ("options", "frames"),
    [
        (AnimationOptions(mode="realtime"), 3),
        (AnimationOptions(mode="balanced", sampling_steps=4), 25),
    ],
)
def test_each_push_makes_one_window_of_each_session(tiny_engine, options, frames):
    made: list[list[int]] = []

    def advance(sessions: list[StreamingSession], samples: np.ndarray) -> None:
        made.append([len(session.push(samples)) for session in sessions])

    WindowTimer(tiny_engine, advance, limit_s=0.0)(options, 2)

    assert made == [[frames, frames]] * 2


def test_sessions_are_advanced_together_as_the_worker_does(
    tiny_engine: AnimationEngine, monkeypatch: pytest.MonkeyPatch
):
    batches: list[list[int]] = []

    def make(sessions: list[StreamingSession]) -> object:
        batches.append([session.next_window.num_frames for session in sessions])
        return make_next_windows(sessions)

    monkeypatch.setattr("posecast.transport.window_timer.make_next_windows", make)

    WindowTimer(tiny_engine, limit_s=0.0)(AnimationOptions(mode="realtime"), 4)

    assert batches[:2] == [[3] * 4] * 2


def test_a_machine_can_be_measured(tiny_engine: AnimationEngine):
    capacity = measure_capacity(WindowTimer(tiny_engine), tiny_engine.config, ServerConfig())

    assert all(cost.row_s > 0 for cost in capacity.costs)
    assert capacity.load_of(AnimationOptions(mode="balanced")) > 0
