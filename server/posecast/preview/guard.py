"""Keeps other pages out: names and origins that the preview answers to."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is seen from this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def is_welcome(host: str | None, origin: str | None, *, only_local: bool) -> bool:
    """Whether a request comes from our own page.

    A page of another site may send requests to this machine, under a name of its own that leads
    here too: the name it used, and the site that it is from, tell.

    Args:
        host: The request's `Host`.
        origin: Its `Origin`; browsers send it with all that changes something.
        only_local: Whether only names of this machine are good.

    Returns:
        Whether to answer.
    """
    if not host:
        return False
    if only_local and urlsplit(f"//{host}").hostname not in _LOCAL_NAMES:
        return False
    return origin is None or urlsplit(origin).netloc == host
