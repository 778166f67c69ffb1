"""Which gRPC status an error becomes, and back."""

from __future__ import annotations

import grpc

from posecast.errors import InvalidRequest, ModelUnavailable, Overloaded, PosecastError

STATUS_OF: tuple[tuple[type[PosecastError], grpc.StatusCode], ...] = (
    (InvalidRequest, grpc.StatusCode.INVALID_ARGUMENT),
    (Overloaded, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (ModelUnavailable, grpc.StatusCode.UNAVAILABLE),
)
"""Errors that a client is told about. Any other is a fault of the server and stays in its log."""

MAX_DETAIL_CHARACTERS = 500
"""Details travel in a header, which has a size limit, and may quote what a client sent."""


class StatusError(PosecastError):
    """An error to which a contract gives a status of its own."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        """Tell what happened.

        Args:
            code: What the client is told.
            message: One line for users.
        """
        super().__init__(message)
        self.code = code


def describe(error: Exception, stream_id: str) -> tuple[grpc.StatusCode, str]:
    """What a client is told about an error.

    Args:
        error: What ended the request.
        stream_id: Name of the stream in the server's log.

    Returns:
        Status code and details.
    """
    if isinstance(error, StatusError):
        return error.code, _shorten(str(error))
    for error_type, code in STATUS_OF:
        if isinstance(error, error_type):
            return code, _shorten(str(error))
    return grpc.StatusCode.INTERNAL, f"internal error; the server's log has it under {stream_id}"


def error_from(code: grpc.StatusCode, details: str | None) -> PosecastError:
    """The error that a status stands for, for clients in Python.

    Args:
        code: Status of a failed call.
        details: Its details.

    Returns:
        An error of the class that the server raised, where the status tells it.
    """
    message = details or code.name
    for error_type, known_code in STATUS_OF:
        if code is known_code:
            return error_type(message)
    return PosecastError(f"{code.name}: {message}")


def _shorten(message: str) -> str:
    if len(message) <= MAX_DETAIL_CHARACTERS:
        return message
    half = MAX_DETAIL_CHARACTERS // 2
    return f"{message[:half]} ... {message[-half:]}"  # the end names what is allowed
