"""How Audio2Face-3D clients are told of failures: a status in the stream, then one of the call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from posecast.errors import (
    InvalidRequest,
    ModelUnavailable,
    Overloaded,
    PosecastError,
    SilentTooLong,
    TooLong,
)
from posecast.transport.a2f_writer import A2FWriter
from posecast.transport.status import StatusError, describe

FAILURES: tuple[tuple[type[PosecastError], grpc.StatusCode, bool], ...] = (
    (InvalidRequest, grpc.StatusCode.INVALID_ARGUMENT, True),
    (TooLong, grpc.StatusCode.INVALID_ARGUMENT, True),
    (SilentTooLong, grpc.StatusCode.DEADLINE_EXCEEDED, False),
    (Overloaded, grpc.StatusCode.RESOURCE_EXHAUSTED, False),
    (ModelUnavailable, grpc.StatusCode.INTERNAL, True),
)
"""Errors, the status of the call, and whether a status ERROR in the stream comes before it."""


@asynccontextmanager
async def told_in_stream(writer: A2FWriter, stream_id: str) -> AsyncIterator[None]:
    """Enclose a stream: a failure is told in it and given the status of that protocol.

    Args:
        writer: Writes to its client.
        stream_id: Name of the stream in the log.
    """
    try:
        yield
    except PosecastError as error:
        for error_type, code, is_told in FAILURES:
            if isinstance(error, error_type):
                if is_told:
                    await writer.tell_error(str(error))
                raise StatusError(code, str(error)) from error
        raise
    except Exception as error:
        _, text = describe(error, stream_id)
        await writer.tell_error(text)
        raise
