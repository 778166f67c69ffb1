"""Receivers by UDP as people write them: where they are, and how late the audio is heard there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from posecast.errors import InvalidRequest
from posecast.ranges import check_range

USUAL_AUDIO_DELAY_MS = 100


def read_address(text: str, *, usual_port: int) -> tuple[str, int]:
    """Read where datagrams go.

    Args:
        text: `HOST`, `HOST:PORT`, or an IPv6 address, in brackets if a port follows.
        usual_port: The port if none is named.

    Returns:
        Host and port.

    Raises:
        InvalidRequest: If there is no host, or the port is no number from 1 to 65535.
    """
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        host = host if bracket else ""
        port_text, has_port = rest.removeprefix(":"), bool(rest)
    elif text.count(":") > 1:  # an IPv6 address alone
        host, port_text, has_port = text, "", False
    else:
        host, colon, port_text = text.partition(":")
        has_port = bool(colon)
    if not host:
        raise InvalidRequest(f"address {text!r}; expected HOST or HOST:PORT")
    if not has_port:
        return host, usual_port
    if not port_text.isdecimal() or not 1 <= int(port_text) <= 65_535:
        raise InvalidRequest(f"address {text!r}: port {port_text!r}; allowed: 1 to 65535")
    return host, int(port_text)


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpReceiver:
    """A receiver, as people write it; each kind adds how it wants a face."""

    kind: ClassVar[str]
    """What people call its kind."""
    usual_port: ClassVar[int]
    """Where receivers of its kind listen."""

    address: str
    """`HOST` or `HOST:PORT`."""
    audio_delay_ms: int = USUAL_AUDIO_DELAY_MS
    """How late the audio is heard; the face waits as long, 0..10000."""

    def __post_init__(self) -> None:
        """Refuse what cannot be used."""
        read_address(self.address, usual_port=self.usual_port)
        check_range("audio_delay_ms", self.audio_delay_ms, 0, 10_000)

    @property
    def host_and_port(self) -> tuple[str, int]:
        """Where its datagrams go."""
        return read_address(self.address, usual_port=self.usual_port)

    @property
    def name(self) -> str:
        """What to call the receiver."""
        return f"{self.kind} {self.address}"
