"""A device that fails, hangs or is full: who is told, and that the server goes on."""

from __future__ import annotations

import asyncio
import urllib.request

import grpc
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from posecast.session.streaming import StreamingSession

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


async def read_metrics(server) -> dict[tuple, float]:
    """All samples of the endpoint, by name and labels."""
    text = await asyncio.to_thread(
        lambda: urllib.request.urlopen(server.metrics_url).read()  # noqa: S310 - our own
    )
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def requests_of(client, pcm, seed):
    return [client.config(seed=seed), client.audio(pcm(1.0, 100.0 + seed))]


async def code_of(answer) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as failed:
        await answer
    return failed.value.code(), failed.value.details()


async def together(client, pcm, device, until, seeds):
    """Streams whose first windows wait for the device at the same time, and go on in batches."""
    device.hold()
    calls = [asyncio.create_task(client.animate(requests_of(client, pcm, seed))) for seed in seeds]
    await until(lambda: device._worker.num_queued == len(seeds))
    device.release()
    return await asyncio.gather(*calls, return_exceptions=True)


def check_like_alone(answers, alone):
    for one, other in zip(answers, alone, strict=True):
        # Sums over a batch are rounded in another order.
        np.testing.assert_allclose(one.values(), other.values(), atol=1e-4)


@pytest.mark.parametrize(
    "error",
    [RuntimeError("out of memory"), SystemExit(3), asyncio.CancelledError()],
    ids=["an error", "an exit", "a cancellation"],
)
async def test_a_window_that_fails_costs_its_own_stream_alone(watched, pcm, until, caplog, error):
    async with watched() as (server, client, device):
        alone = [await client.animate(requests_of(client, pcm, seed)) for seed in (1, 3, 4)]
        device.error, device.failing_seeds = error, {2}

        one, failed, *others = await together(client, pcm, device, until, (1, 2, 3, 4))

        assert (failed.code(), failed.details()) == (UNAVAILABLE, "the device failed; try again")
        check_like_alone([one, *others], alone)
        assert max(device.batches) > 1
        device.error = None
        assert len((await client.animate(requests_of(client, pcm, 2))).frames()) == 25
        value = server._backend.metrics.registry.get_sample_value
        assert value("posecast_device_restarts_total") == 1
    assert "the device failed" in caplog.text


async def test_a_session_that_fails_behind_the_networks_costs_its_own_stream_alone(
    watched, pcm, until, monkeypatch
):
    accept = StreamingSession.accept

    def fail_for_the_second(session, *told):
        if session.seed == 2:
            raise ArithmeticError("no face")
        return accept(session, *told)

    async with watched() as (_, client, device):
        alone = [await client.animate(requests_of(client, pcm, seed)) for seed in (1, 3)]
        monkeypatch.setattr(StreamingSession, "accept", fail_for_the_second)

        one, failed, other = await together(client, pcm, device, until, (1, 2, 3))

        assert max(device.batches) > 1, "they were made together"
        assert failed.code() is UNAVAILABLE
        check_like_alone([one, other], alone)


async def test_a_device_that_hangs_is_given_up_and_the_server_goes_on(watched, pcm):
    async with watched(device_timeout_s=0.5) as (server, client, device):
        alone = await client.animate(requests_of(client, pcm, 1))
        device.hold()

        code, details = await code_of(client.animate(requests_of(client, pcm, 1)))
        device._open.set()  # the lost thread comes back, and finds that nobody waits for it

        assert code is UNAVAILABLE
        assert details == "the device has not answered for 0.5 s; try again"
        check_like_alone([await client.animate(requests_of(client, pcm, 1))], [alone])
        value = server._backend.metrics.registry.get_sample_value
        assert value("posecast_device_restarts_total") == 1


async def test_a_full_queue_ends_the_stream_that_finds_it_full(watched, pcm, until):
    async with watched() as (_, client, device):
        device._worker._max_queued = 1
        device.hold()
        brief = [client.config(), client.audio(pcm(0.1))]  # one window each: none comes back
        held = asyncio.create_task(client.animate(brief))
        await device.until_held()
        waiting = asyncio.create_task(client.animate(brief))
        await until(lambda: device._worker.num_queued == 2)

        code, details = await code_of(client.animate(requests_of(client, pcm, 3)))
        device.release()

        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert details == "1 windows wait for the device; this server allows 1"
        assert [len(answer.frames()) for answer in (await held, await waiting)] == [3, 3]


async def test_a_server_whose_device_hangs_can_be_stopped(serve, pcm):
    async with serve(device_timeout_s=0.5) as (server, client):
        hanging = asyncio.Event()
        loop = asyncio.get_running_loop()
        release = asyncio.Event()

        def hang(sessions):
            loop.call_soon_threadsafe(hanging.set)
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result(20)
            return [RuntimeError("late")] * len(sessions)

        server._backend.worker._make_windows = hang
        call = asyncio.create_task(client.animate(requests_of(client, pcm, 1)))
        await hanging.wait()

        await asyncio.wait_for(server.stop(grace_s=0.0), 10)

        assert (await code_of(call))[0] is UNAVAILABLE
        release.set()


async def test_the_metrics_tell_what_happened(watched, pcm, until):
    async with watched(metrics_port=0, max_streams=2) as (server, client, device):
        before = await read_metrics(server)
        await client.animate(requests_of(client, pcm, 1))
        await code_of(client.animate([client.config(), client.update(style_name="grumpy")]))
        talks = [await client.talk(), await client.talk()]
        open_now = await read_metrics(server)
        await code_of(client.animate([client.config()]))
        for talk in talks:
            talk.call.cancel()
        await until(lambda: not server._backend.admission.num_taken)
        device.error = RuntimeError("out of memory")
        await code_of(client.animate(requests_of(client, pcm, 1)))
        after = await read_metrics(server)

    def grown(*key):
        return after.get(key, 0) - before.get(key, 0)

    ended = {
        status: grown("posecast_streams_total", "Animate", status)
        for status in ("OK", "INVALID_ARGUMENT", "CANCELLED", "UNAVAILABLE", "INTERNAL")
    }
    assert ended == {
        "OK": 1, "INVALID_ARGUMENT": 1, "CANCELLED": 2, "UNAVAILABLE": 1, "INTERNAL": 0,
    }  # fmt: skip
    assert grown("posecast_streams_refused_total", "streams") == 1
    assert grown("posecast_device_restarts_total") == 1
    assert open_now["posecast_streams_open", "balanced"] == 2
    assert open_now["posecast_load",] > 0
    assert after["posecast_streams_open", "balanced"] == after["posecast_load",] == 0
    assert after["posecast_queued_windows",] == 0
