"""What to tell a VMC receiver: its address, and how it spells the names of shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from posecast.errors import InvalidRequest
from posecast.udp_receiver import USUAL_AUDIO_DELAY_MS, check_audio_delay, read_address

USUAL_PORT = 39_539
"""UDP port on which programs that show an avatar listen."""
ShapeNames = Literal["perfect-sync", "arkit"]
"""How shapes are called: `JawOpen`, as the clips of Perfect Sync avatars, or `jawOpen`."""
SHAPE_NAMES: tuple[ShapeNames, ...] = get_args(ShapeNames)
USUAL_SHAPE_NAMES: ShapeNames = "perfect-sync"


@dataclass(frozen=True, slots=True, kw_only=True)
class VmcSettings:
    """A receiver, and what it is sent, as people write it."""

    address: str
    """`HOST` or `HOST:PORT`."""
    shape_names: ShapeNames = USUAL_SHAPE_NAMES
    """How its avatar's shapes are called."""
    audio_delay_ms: int = USUAL_AUDIO_DELAY_MS
    """How late the audio is heard; the face waits as long, 0..10000."""

    def __post_init__(self) -> None:
        """Refuse what cannot be used."""
        _ = self.host_and_port
        if self.shape_names not in SHAPE_NAMES:
            allowed = ", ".join(SHAPE_NAMES)
            raise InvalidRequest(f"VMC names {self.shape_names!r}; allowed: {allowed}")
        check_audio_delay(self.audio_delay_ms)

    @property
    def host_and_port(self) -> tuple[str, int]:
        """Where its datagrams go."""
        return read_address(self.address, usual_port=USUAL_PORT)

    @property
    def name(self) -> str:
        """What to call the receiver."""
        return f"VMC {self.address}"

    @property
    def description(self) -> str:
        """The receiver, and what it is sent."""
        return f"{self.name} with {self.shape_names} names"
