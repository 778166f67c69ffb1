"""Clients that read or send nothing are waited for, but not for ever."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from posecast.errors import SilentTooLong
from posecast.transport import patience


async def never(*_):
    await asyncio.Event().wait()


async def requests(*items, goes_on=False):
    for item in items:
        yield item
    if goes_on:
        await never()


async def test_a_message_is_written():
    written = []

    async def write(message):
        written.append(message)

    await patience.write(SimpleNamespace(write=write), "message", max_idle_s=0)

    assert written == ["message"]


async def test_a_client_that_never_reads_is_refused():
    with pytest.raises(SilentTooLong, match=r"read nothing for 0.01 s; .* 0.01 \(max_idle_s\)"):
        await patience.write(SimpleNamespace(write=never), "message", max_idle_s=0.01)


async def test_the_first_message_leaves_the_others_where_they_are():
    stream = requests("first", "second")

    assert await patience.first_of(stream, "config", max_idle_s=1) == "first"
    assert [item async for item in stream] == ["second"]


async def test_a_stream_may_end_before_its_first_message():
    assert await patience.first_of(requests(), "config", max_idle_s=1) is None


async def test_a_client_that_never_sends_is_refused():
    with pytest.raises(SilentTooLong, match=r"no config for 0.01 s; .* 0.01 \(max_idle_s\)"):
        await patience.first_of(requests(goes_on=True), "config", max_idle_s=0.01)
