"""Whatever ends an RPC, its place is given back, it is counted, and its client is told."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import grpc
import pytest

from posecast.config import AnimationOptions, ModelConfig, ServerConfig
from posecast.errors import InvalidRequest, ModelUnavailable, Overloaded
from posecast.transport.admission import Admission
from posecast.transport.border import NEWS_S, Border
from posecast.transport.capacity import Capacity, WindowCost
from posecast.transport.metrics import ServerMetrics
from posecast.transport.stream_table import StreamTable
from posecast.transport.tracing import Tracer

OPTIONS = AnimationOptions(mode="realtime")


class Aborted(Exception):
    """What gRPC raises in a call that is aborted."""


class FakeContext:
    """The context of one call."""

    def __init__(self):
        self.is_done = False
        self.status = None

    def peer(self):
        return "ipv4:127.0.0.1:5000"

    def done(self):
        return self.is_done

    def invocation_metadata(self):
        return ()

    async def abort(self, code, details):
        self.status = (code, details)
        raise Aborted


class FakeOutlet:
    """Notes how the feeds that it opened were closed."""

    def __init__(self):
        self.closed = []

    def open(self):
        return SimpleNamespace(close=lambda *, is_complete: self.closed.append(is_complete))


@pytest.fixture
def backend():
    metrics = ServerMetrics(model="tiny 0", device="cpu")
    capacity = Capacity(
        model=ModelConfig(name="tiny", version="0"),
        costs=(WindowCost(5, 0.0, 0.01),),
        denoiser_share=1.0,
        budget=1.0,
    )
    config = ServerConfig(max_streams=2)
    return SimpleNamespace(
        admission=Admission(config, capacity, on_refused=metrics.stream_refused),
        metrics=metrics,
        table=StreamTable(),
        tracer=Tracer(),
        outlets=(FakeOutlet(),),
    )


@pytest.fixture
def border(backend):
    return Border(backend)


async def run(border, context, act=None, *, begins=True):
    async with border.stream("Animate", context) as opened:
        if begins:
            opened.begin(OPTIONS, style_name="neutral", seed=3)
        if act is not None:
            await act()


def raising(error):
    async def act():
        raise error

    return act


def counted(backend, name, **labels):
    return backend.metrics.registry.get_sample_value(f"posecast_{name}", labels)


def check_nothing_is_held(backend):
    assert backend.admission.num_taken == 0
    assert len(backend.table) == 0
    assert counted(backend, "load") == 0
    assert counted(backend, "streams_open", mode="realtime") == 0


async def test_an_open_stream_is_counted_and_holds_its_load(border, backend):
    seen = []

    async def look():
        seen.append(
            (
                backend.admission.num_taken,
                len(backend.table),
                counted(backend, "streams_open", mode="realtime"),
                counted(backend, "load") == backend.admission.load > 0,
            )
        )

    await run(border, FakeContext(), look)

    assert seen == [(1, 1, 1, True)]
    assert counted(backend, "streams_total", method="Animate", status="OK") == 1
    check_nothing_is_held(backend)


@pytest.mark.parametrize(
    ("error", "status", "details"),
    [
        (InvalidRequest("style 'x'"), grpc.StatusCode.INVALID_ARGUMENT, "style 'x'"),
        (Overloaded("too long"), grpc.StatusCode.RESOURCE_EXHAUSTED, "too long"),
        (ModelUnavailable("hung"), grpc.StatusCode.UNAVAILABLE, "hung"),
        (RuntimeError("a secret"), grpc.StatusCode.INTERNAL, "internal error; the server's log"),
    ],
)
async def test_a_failure_is_told_and_counted_and_all_is_given_back(
    border, backend, error, status, details
):
    context = FakeContext()

    with pytest.raises(Aborted):
        await run(border, context, raising(error))

    assert context.status[0] is status
    assert context.status[1].startswith(details)
    assert counted(backend, "streams_total", method="Animate", status=status.name) == 1
    check_nothing_is_held(backend)


async def test_a_write_to_a_client_that_is_gone_is_no_fault_of_the_server(border, backend):
    context = FakeContext()

    async def write():
        context.is_done = True
        raise RuntimeError("the call is over")

    await run(border, context, write)

    assert context.status is None
    assert counted(backend, "streams_total", method="Animate", status="CANCELLED") == 1
    assert counted(backend, "streams_total", method="Animate", status="INTERNAL") is None
    check_nothing_is_held(backend)


async def test_a_stream_that_is_cancelled_gives_back_all(border, backend):
    task = asyncio.create_task(run(border, FakeContext(), asyncio.Event().wait))
    await asyncio.sleep(0)
    assert backend.admission.num_taken == 1

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert counted(backend, "streams_total", method="Animate", status="CANCELLED") == 1
    check_nothing_is_held(backend)


async def test_a_client_that_goes_after_its_last_word_stops_its_face(border, backend):
    said = asyncio.Event()

    async def say_all():
        said.set()

    task = asyncio.create_task(run(border, FakeContext(), say_all))
    await said.wait()
    await asyncio.sleep(0.2 * NEWS_S)
    task.cancel()  # as gRPC does: an end of requests comes first
    with pytest.raises(asyncio.CancelledError):
        await task

    assert backend.outlets[0].closed == [False]
    assert counted(backend, "streams_total", method="Animate", status="CANCELLED") == 1
    check_nothing_is_held(backend)


async def test_a_stream_that_comes_to_its_own_end_lets_its_face_be_played(border, backend):
    await run(border, FakeContext())

    assert backend.outlets[0].closed == [True]


async def test_without_receivers_by_udp_a_stream_waits_for_nothing(border, backend):
    backend.outlets = ()
    task = asyncio.create_task(run(border, FakeContext()))

    for _ in range(3):  # turns of the event loop
        await asyncio.sleep(0)

    assert task.done()


async def test_streams_that_the_server_ends_are_told_that_it_stops(border, backend):
    context = FakeContext()
    task = asyncio.create_task(run(border, context, asyncio.Event().wait))
    await asyncio.sleep(0)

    border.end_streams()
    with pytest.raises(Aborted):
        await task

    assert context.status == (grpc.StatusCode.UNAVAILABLE, "the server is stopping")
    assert counted(backend, "streams_total", method="Animate", status="UNAVAILABLE") == 1
    check_nothing_is_held(backend)


async def test_a_stream_that_fails_before_its_choices_are_known_is_not_counted(border, backend):
    with pytest.raises(Aborted):
        await run(border, FakeContext(), raising(InvalidRequest("no config")), begins=False)

    assert counted(backend, "streams_total", method="Animate", status="INVALID_ARGUMENT") is None
    check_nothing_is_held(backend)


async def test_a_stream_without_a_place_is_refused_and_the_others_stay(border, backend):
    inside = [
        asyncio.create_task(run(border, FakeContext(), asyncio.Event().wait)) for _ in range(2)
    ]
    await asyncio.sleep(0)
    load = counted(backend, "load")
    context = FakeContext()

    with pytest.raises(Aborted):
        await run(border, context)

    assert context.status[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert counted(backend, "streams_refused_total", reason="streams") == 1
    assert backend.admission.num_taken == len(backend.table) == 2
    assert counted(backend, "load") == load > 0
    for task in inside:
        task.cancel()
    await asyncio.gather(*inside, return_exceptions=True)
    check_nothing_is_held(backend)


async def test_a_call_that_takes_no_place_is_told_of_its_failure_too(border):
    context = FakeContext()

    with pytest.raises(Aborted):
        async with border.call("ListStyles", context):
            raise InvalidRequest("wrong")

    assert context.status == (grpc.StatusCode.INVALID_ARGUMENT, "wrong")


async def test_a_face_that_is_seen_elsewhere_is_told_how_its_stream_ended(border, backend):
    (outlet,) = backend.outlets

    await run(border, FakeContext())
    with pytest.raises(Aborted):
        await run(border, FakeContext(), raising(InvalidRequest("bad")))
    with pytest.raises(asyncio.CancelledError):
        await run(border, FakeContext(), raising(asyncio.CancelledError()))

    assert outlet.closed == [True, False, False]
