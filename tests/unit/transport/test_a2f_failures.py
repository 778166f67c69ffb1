"""Failures as clients of Audio2Face-3D are told of them."""

from __future__ import annotations

import grpc
import pytest

from posecast.errors import (
    InvalidRequest,
    ModelUnavailable,
    Overloaded,
    SilentTooLong,
    TooLong,
)
from posecast.transport.a2f_failures import told_in_stream
from posecast.transport.status import StatusError, describe


class FakeWriter:
    def __init__(self):
        self.told = []

    async def tell_error(self, text):
        self.told.append(text)


@pytest.mark.parametrize(
    ("error", "code", "is_told"),
    [
        (InvalidRequest("bits"), grpc.StatusCode.INVALID_ARGUMENT, True),
        (TooLong("clip"), grpc.StatusCode.INVALID_ARGUMENT, True),
        (SilentTooLong("idle"), grpc.StatusCode.DEADLINE_EXCEEDED, False),
        (Overloaded("full"), grpc.StatusCode.RESOURCE_EXHAUSTED, False),
        (ModelUnavailable("device"), grpc.StatusCode.INTERNAL, True),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_each_failure_has_its_status_and_perhaps_a_message_before_it(error, code, is_told):
    writer = FakeWriter()

    with pytest.raises(StatusError) as raised:
        async with told_in_stream(writer, "5f3a"):
            raise error

    assert describe(raised.value, "5f3a") == (code, str(error))
    assert writer.told == ([str(error)] if is_told else [])


async def test_a_fault_is_told_without_its_inner_detail():
    writer = FakeWriter()

    with pytest.raises(RuntimeError, match="secret"):
        async with told_in_stream(writer, "5f3a"):
            raise RuntimeError("secret")

    assert writer.told == ["internal error; the server's log has it under 5f3a"]
