"""What a stream takes follows from what windows cost."""

from __future__ import annotations

import logging

import pytest

from posecast.config import AnimationOptions, ModelConfig, ServerConfig
from posecast.transport.capacity import (
    ENCODED_FRAME_S,
    MESSAGE_S,
    MESSAGES_HZ,
    SMALLEST_DENOISER_SHARE,
    UTILISATION,
    Capacity,
    WindowCost,
    fit_line,
    measure_capacity,
)

MODEL = ModelConfig(
    name="tiny", version="0", audio_guidance=1.0, style_guidance=1.0, sampling_steps=2
)


def capacity_of(*costs: WindowCost, denoiser_share: float = 0.5, budget: float = 1.0) -> Capacity:
    return Capacity(model=MODEL, costs=costs, denoiser_share=denoiser_share, budget=budget)


def window_load(capacity: Capacity, options: AnimationOptions, media_s: float) -> float:
    """The load without what messages cost."""
    messages = MESSAGE_S * (MESSAGES_HZ + 1 / media_s) + ENCODED_FRAME_S * options.frame_rate_hz
    return capacity.load_of(options) - messages / capacity.budget


REALTIME = AnimationOptions(mode="realtime")
COSTS = (WindowCost(3, 0.004, 0.002), WindowCost(25, 0.008, 0.010), WindowCost(100, 0.0, 0.040))


@pytest.mark.parametrize(
    ("mode", "media_s", "load"),
    [("realtime", 0.12, 0.003 / 0.12), ("balanced", 1.0, 0.012), ("offline", 4.0, 0.04 / 4)],
)
def test_a_window_pays_its_row_and_a_quarter_of_the_fixed_cost_per_second_of_media(
    mode, media_s, load
):
    capacity = capacity_of(*COSTS)

    assert window_load(capacity, AnimationOptions(mode=mode), media_s) == pytest.approx(load)


def test_messages_and_frames_cost_time_too():
    capacity = capacity_of(*COSTS)
    slow, fast = (
        capacity.load_of(AnimationOptions(mode="realtime", frame_rate_hz=rate)) for rate in (25, 60)
    )

    assert slow == pytest.approx(0.025 + (50 + 1 / 0.12) * MESSAGE_S + 25 * ENCODED_FRAME_S)
    assert fast - slow == pytest.approx(35 * ENCODED_FRAME_S)


def test_the_budget_divides_the_load():
    whole, half = (capacity_of(*COSTS, budget=budget).load_of(REALTIME) for budget in (1.0, 0.5))

    assert half == pytest.approx(2 * whole)


def test_windows_between_the_measured_ones_are_interpolated():
    options = AnimationOptions(mode="realtime", window_frames=14)

    # Halfway between 3 and 25 frames: 6 ms for the evaluation, 6 ms for the row.
    load = window_load(capacity_of(*COSTS), options, 0.56)

    assert load == pytest.approx((0.006 + 0.006 / 4) / 0.56)


def test_a_window_shorter_than_all_measured_ones_costs_as_much_as_the_shortest():
    options = AnimationOptions(mode="realtime", window_frames=1)

    assert window_load(capacity_of(*COSTS), options, 0.04) == pytest.approx(0.003 / 0.04)


def test_sampling_steps_grow_the_denoisers_share_of_row_and_evaluation():
    options = AnimationOptions(mode="realtime", sampling_steps=8)

    # Four times the usual steps: half of the cost stays, half of it is four times as large.
    assert window_load(capacity_of(*COSTS), options, 0.12) == pytest.approx(2.5 * 0.003 / 0.12)


@pytest.mark.parametrize(
    ("audio", "style", "terms"),
    [(1.0, 1.0, 1), (1.5, 1.5, 2), (1.0, 2.0, 2), (1.5, 2.0, 3), (None, 3.0, 2)],
)
def test_terms_of_guidance_grow_the_denoisers_share_of_the_row_alone(audio, style, terms):
    options = AnimationOptions(mode="realtime", audio_guidance=audio, style_guidance=style)

    load = window_load(capacity_of(*COSTS), options, 0.12)

    assert load == pytest.approx((0.002 * (0.5 + 0.5 * terms) + 0.001) / 0.12)


def test_the_number_of_streams_is_what_fits_whole():
    capacity = capacity_of(*COSTS, budget=2.0)

    assert capacity.streams("realtime") == int(1 / capacity.load_of(REALTIME))


def test_a_machine_that_cannot_carry_one_stream_carries_none():
    assert capacity_of(WindowCost(3, 0.0, 1.0)).streams("realtime") == 0


def test_a_line_is_taken_apart_into_fixed_cost_and_rows():
    assert fit_line([1, 2, 4], [0.007, 0.009, 0.013]) == pytest.approx((0.005, 0.002))


def test_batches_that_gain_nothing_have_no_fixed_cost():
    assert fit_line([1, 4], [0.010, 0.040]) == pytest.approx((0.0, 0.010))


def test_a_fixed_cost_below_zero_is_none():
    fixed_s, row_s = fit_line([1, 4], [0.010, 0.046])

    assert fixed_s == 0.0
    assert row_s == pytest.approx((0.010 + 4 * 0.046) / 17)


def test_a_row_is_never_free():
    fixed_s, row_s = fit_line([1, 4], [0.020, 0.016])

    assert row_s == pytest.approx(0.1 * 0.016 / 4)
    assert fixed_s == pytest.approx(0.018 - 2.5 * row_s)


def test_a_single_batch_is_all_row():
    assert fit_line([1], [0.065]) == pytest.approx((0.0, 0.065))


class Machine:
    """Costs that follow the model exactly; remembers what it was asked."""

    def __init__(self, *, row_s: float = 0.002, fixed_s: float = 0.004, share: float = 0.6) -> None:
        self.asked: list[tuple[str, int, int | None]] = []
        self._row_s, self._fixed_s, self._share = row_s, fixed_s, share

    def __call__(self, options: AnimationOptions, batch: int) -> float:
        self.asked.append((options.mode, batch, options.sampling_steps))
        frames = {"realtime": 3, "balanced": 25, "offline": 100}[options.mode]
        work = (options.sampling_steps or 2) / 2
        usual = self._fixed_s + batch * self._row_s * frames / 3
        return usual * (1 - self._share + self._share * work)


def test_measuring_finds_what_the_machine_is(caplog):
    machine = Machine()
    with caplog.at_level(logging.INFO):
        capacity = measure_capacity(machine, MODEL, ServerConfig())

    realtime, balanced, offline = capacity.costs
    assert realtime == pytest.approx((3, 0.004, 0.002))
    assert balanced == pytest.approx((25, 0.004, 0.050 / 3))
    assert offline == pytest.approx((100, 0.0, 0.004 + 0.2 / 3)), "measured alone, it is all row"
    assert capacity.denoiser_share == pytest.approx(0.6)
    assert capacity.budget == UTILISATION
    assert f"{capacity.streams('realtime')} realtime" in caplog.text


def test_measuring_asks_for_two_batches_of_live_windows_and_no_more_than_six_costs():
    machine = Machine()
    measure_capacity(machine, MODEL, ServerConfig())

    assert sorted(machine.asked, key=str) == [
        ("balanced", 1, None),
        ("balanced", 4, None),
        ("offline", 1, None),
        ("realtime", 1, 8),
        ("realtime", 1, None),
        ("realtime", 4, None),
    ]


def test_the_same_costs_give_the_same_capacity():
    first, second = (measure_capacity(Machine(), MODEL, ServerConfig()) for _ in range(2))

    assert first == second


def test_the_operators_capacity_takes_the_place_of_the_budget():
    capacity = measure_capacity(Machine(), MODEL, ServerConfig(capacity=3.5))

    assert capacity.budget == 3.5


def test_many_usual_steps_are_compared_with_a_quarter_of_them():
    machine = Machine()
    model = ModelConfig(name="tiny", version="0", sampling_steps=40)
    measure_capacity(machine, model, ServerConfig())

    assert machine.asked[-1] == ("realtime", 1, 10)


@pytest.mark.parametrize(("share", "counted"), [(0.0, SMALLEST_DENOISER_SHARE), (1.4, 1.0)])
def test_a_share_of_the_denoiser_that_cannot_be_is_held_to_what_can(share, counted):
    capacity = measure_capacity(Machine(share=share), MODEL, ServerConfig())

    assert capacity.denoiser_share == counted
