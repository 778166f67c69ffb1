"""Who a stream's client is: the address of its peer without the port."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import unquote

_IP_PEER = re.compile(r"ipv[46]:(?:\[(?P<bracketed>[^\]]+)\]|(?P<bare>[^\[\]]+?)):\d+")


def client_of(peer: str) -> str:
    """The address that counts as one client.

    Args:
        peer: As gRPC writes it, e.g. `ipv4:127.0.0.1:51514` or `ipv6:%5B::1%5D:40000`.

    Returns:
        The bare address, e.g. `127.0.0.1`. IPv4 inside IPv6 is taken out, so that a server which
        listens to both counts a client once. All clients of Unix sockets are one, `unix`; a peer
        of another kind is returned as it is.
    """
    decoded = unquote(peer)  # gRPC writes a URI: brackets and the zone of fe80::1%eth0 are encoded
    if decoded.partition(":")[0] in ("unix", "unix-abstract"):
        return "unix"
    found = _IP_PEER.fullmatch(decoded)
    if found is None:
        return peer
    text = found["bracketed"] or found["bare"]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return peer
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
