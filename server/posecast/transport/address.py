"""Addresses to listen on."""

from __future__ import annotations

import os
import socket

from posecast.errors import PosecastError
from posecast.transport.network_error import reason_of


def join_address(host: str, port: int) -> str:
    """Host and port, as clients write them."""
    return f"[{host}]:{port}" if ":" in host and not host.startswith("[") else f"{host}:{port}"


def check_can_listen(host: str, port: int, advice: str) -> None:
    """Try an address with a socket of our own: gRPC tells no reason and logs instead.

    Args:
        host: A name or an address.
        port: TCP port; 0 is always free.
        advice: What to do where it cannot be.

    Raises:
        PosecastError: If the port is taken or the address is not this machine's.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind) as probe:
            if os.name == "posix":  # as gRPC does; elsewhere it would allow a taken port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as error:
        raise PosecastError(
            f"cannot listen on {join_address(host, port)}: {reason_of(error)}; {advice}"
        ) from error
