"""A UDP socket that never waits and never fails."""

from __future__ import annotations

import socket

from posecast.errors import PosecastError
from posecast.transport.network_error import reason_of
from posecast.transport.outlets.counts import OutletCounts


class DatagramSocket:
    """Sends datagrams to one address; what nobody takes is counted and gone."""

    def __init__(self, host: str, port: int, counts: OutletCounts) -> None:
        """Find the receiver; whether it listens is not known before something was sent.

        Args:
            host: Its name or address; of a name's addresses IPv4 is preferred, as receivers are
                slow to learn IPv6.
            port: UDP port.
            counts: Is told of datagrams that nobody took.

        Raises:
            PosecastError: If there is no such host, or no way to it.
        """
        self._counts = counts
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
            family, kind, protocol, _, address = min(found, key=lambda one: one[0])
            self._socket = socket.socket(family, kind, protocol)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            self._socket.setblocking(False)
            self._socket.connect(address)  # so that a refusal is heard of
        except (OSError, UnicodeError) as error:
            told = f"cannot send to {host}, port {port}: {reason_of(error)}"
            raise PosecastError(told) from error

    def send(self, data: bytes) -> None:
        """Send one datagram now or never."""
        try:
            try:
                self._socket.send(data)
            except ConnectionRefusedError as error:
                # That was the answer to an earlier one, and this one has not left yet.
                self._counts.refused(reason_of(error))
                self._socket.send(data)
        except OSError as error:
            self._counts.refused(reason_of(error))

    def close(self) -> None:
        """Close."""
        self._socket.close()
