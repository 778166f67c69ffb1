"""What to tell a VMC receiver: its address, and how it spells the names of shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from posecast.errors import InvalidRequest
from posecast.udp_receiver import UdpReceiver

USUAL_PORT = 39_539
"""UDP port on which programs that show an avatar listen."""
ShapeNames = Literal["perfect-sync", "arkit"]
"""How shapes are called: `JawOpen`, as the clips of Perfect Sync avatars, or `jawOpen`."""
SHAPE_NAMES: tuple[ShapeNames, ...] = get_args(ShapeNames)
USUAL_SHAPE_NAMES: ShapeNames = "perfect-sync"


@dataclass(frozen=True, slots=True, kw_only=True)
class VmcSettings(UdpReceiver):
    """A VMC receiver, and what it is sent, as people write it."""

    kind = "VMC"
    usual_port = USUAL_PORT

    shape_names: ShapeNames = USUAL_SHAPE_NAMES
    """How its avatar's shapes are called."""

    def __post_init__(self) -> None:
        """Refuse what cannot be used."""
        UdpReceiver.__post_init__(self)  # a class with slots does not know itself as `super()`
        if self.shape_names not in SHAPE_NAMES:
            allowed = ", ".join(SHAPE_NAMES)
            raise InvalidRequest(f"VMC names {self.shape_names!r}; allowed: {allowed}")

    @property
    def description(self) -> str:
        """The receiver, and what it is sent."""
        return f"{self.name} with {self.shape_names} names"
