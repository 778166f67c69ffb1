"""Why the network refused, for people."""

from __future__ import annotations

import errno


def reason_of(error: Exception) -> str:
    """A failure in words, without the system's number.

    Args:
        error: What a socket or a look-up of a name raised.
    """
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return "the port is taken"
    return (isinstance(error, OSError) and error.strerror) or str(error)
