"""Tells a mistake on the command line from a failure of the work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from posecast.errors import InvalidRequest, PosecastError


class UsageMistake(PosecastError):
    """An argument is wrong: the command ends with status 2 instead of 1."""


@contextmanager
def checking_arguments() -> Iterator[None]:
    """Report an invalid request of the body as a mistake on the command line."""
    try:
        yield
    except InvalidRequest as error:
        raise UsageMistake(str(error)) from error
