"""Places and load are counted, given back and never exceeded."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from posecast.config import AnimationOptions, LatencyMode, ModelConfig, ServerConfig
from posecast.errors import ModelUnavailable, Overloaded
from posecast.transport.admission import Admission
from posecast.transport.capacity import Capacity, WindowCost

PEER = "ipv4:127.0.0.1:51514"


class FixedCapacity(Capacity):
    """A realtime stream takes 0.4, a balanced one 0.25, and steps count beyond the usual two."""

    def load_of(self, options: AnimationOptions) -> float:
        usual = {"realtime": 0.4, "balanced": 0.25, "offline": 0.2}[options.mode]
        return usual * (options.sampling_steps or 2) / 2


CAPACITY = FixedCapacity(
    model=ModelConfig(name="tiny", version="0"),
    costs=(WindowCost(5, 0.0, 0.01),),
    denoiser_share=1.0,
    budget=1.0,
)


def open_doors(capacity: Capacity = CAPACITY, **limits: int) -> tuple[Admission, list[str]]:
    refused: list[str] = []
    return Admission(ServerConfig(**limits), capacity, on_refused=refused.append), refused


def live(mode: LatencyMode = "realtime", steps: int | None = None) -> AnimationOptions:
    return AnimationOptions(mode=mode, sampling_steps=steps)


def test_one_stream_more_than_allowed_is_refused_naming_the_limit():
    admission, refused = open_doors(max_streams=2)

    with admission.take(PEER), admission.take(PEER):
        assert admission.num_taken == 2
        with (
            pytest.raises(
                Overloaded,
                match=r"^2 streams are open; this server allows 2 \(max_streams\); try again",
            ),
            admission.take(PEER),
        ):
            pass
        assert admission.num_taken == 2
    assert refused == ["streams"]


def test_a_place_and_its_load_are_given_back_when_the_stream_fails():
    admission, _ = open_doors(max_streams=1, max_streams_per_client=1)

    def fail() -> None:
        with admission.take(PEER) as place:
            place.reserve(live())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert (admission.num_taken, admission.load) == (0, 0.0)
    with admission.take(PEER):
        assert admission.num_taken == 1


def test_one_address_is_one_client_whatever_its_ports():
    admission, refused = open_doors(max_streams_per_client=2)

    with admission.take("ipv4:10.0.0.1:1"), admission.take("ipv4:10.0.0.1:2"):
        with (
            pytest.raises(
                Overloaded,
                match=r"2 streams .* from 10\.0\.0\.1; .* allows 2 .* \(max_streams_per_client\)",
            ),
            admission.take("ipv4:10.0.0.1:3"),
        ):
            pass
        with admission.take("ipv4:10.0.0.2:1"):
            assert admission.num_taken == 3
    assert refused == ["client"]


def test_without_a_limit_of_its_own_a_client_may_take_every_place():
    admission, _ = open_doors(max_streams=9)

    with contextlib.ExitStack() as stack:
        for _ in range(9):
            stack.enter_context(admission.take(PEER))
        assert admission.num_taken == 9


def test_load_beyond_the_capacity_is_refused_naming_both_numbers():
    admission, refused = open_doors()

    with admission.take(PEER) as first, admission.take(PEER) as second:
        first.reserve(live())
        second.reserve(live())
        with (
            admission.take(PEER) as third,
            pytest.raises(
                Overloaded,
                match=r"the load is 0\.80 of what this machine can carry and this stream would add "
                r"0\.40 \(capacity\); try again later",
            ),
        ):
            third.reserve(live())
        assert admission.load == pytest.approx(0.8)
    assert admission.load == 0.0
    assert refused == ["load"]


def test_streams_that_fill_the_capacity_exactly_fit():
    admission, _ = open_doors()

    with contextlib.ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(admission.take(PEER)).reserve(live("balanced"))
        assert admission.load == 1.0


def test_a_stream_that_is_too_much_alone_is_told_what_to_change():
    admission, _ = open_doors()

    with (
        admission.take(PEER) as place,
        pytest.raises(Overloaded, match=r"would take 4\.00 .* \(capacity\); .* sampling_steps"),
    ):
        place.reserve(live(steps=20))


def test_offline_work_takes_a_place_and_no_load():
    admission, _ = open_doors()

    with admission.take(PEER) as place:
        place.reserve(live("offline", steps=50))
        assert (admission.num_taken, place.load, admission.load) == (1, 0.0, 0.0)


def test_an_update_takes_the_place_of_what_was_reserved():
    admission, _ = open_doors()

    with admission.take(PEER) as place, admission.take(PEER) as other:
        other.reserve(live())
        place.reserve(live("balanced"))
        place.reserve(live("balanced", steps=4))
        assert admission.load == pytest.approx(0.9)
        with pytest.raises(Overloaded, match=r"0\.40 .* would add 0\.75"):
            place.reserve(live("balanced", steps=6))
        assert place.load == 0.5, "a refused change leaves what was held"
        place.reserve(live("balanced"))
        assert admission.load == pytest.approx(0.65)


def test_a_draining_server_lets_nobody_in_and_keeps_those_inside():
    admission, refused = open_doors()

    with admission.take(PEER) as place:
        admission.drain()
        with pytest.raises(ModelUnavailable, match="the server is stopping"), admission.take(PEER):
            pass
        place.reserve(live())
        assert (admission.num_taken, admission.load) == (1, 0.4)
    assert refused == ["draining"]


async def test_an_empty_server_does_not_wait():
    admission, _ = open_doors()

    assert await admission.wait_empty(0)


async def test_waiting_ends_with_the_last_stream():
    admission, _ = open_doors()

    with admission.take(PEER):
        waiting = asyncio.create_task(admission.wait_empty(30))
        with admission.take(PEER):
            pass
        await asyncio.sleep(0)
        is_over_too_early = waiting.done()

    assert await waiting
    assert not is_over_too_early


async def test_waiting_ends_with_its_time_and_says_so():
    admission, _ = open_doors()

    with admission.take(PEER):
        assert not await admission.wait_empty(0.01)


def test_a_refusal_needs_no_observer():
    admission = Admission(ServerConfig(max_streams=1), CAPACITY)

    with admission.take(PEER), pytest.raises(Overloaded), admission.take(PEER):
        pass
