"""What to tell a Live Link receiver: its address, the name of a face, the scale of its head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from posecast.errors import InvalidRequest
from posecast.ranges import check_range
from posecast.udp_receiver import UdpReceiver

USUAL_PORT = 11_111
"""UDP port of Unreal's stock source "Apple ARKit"."""
USUAL_SUBJECT = "Posecast"
LONGEST_SUBJECT = 200
"""Bytes of a subject's name; the packet's 255 must hold what is put around it, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadScale:
    """What one degree of the head becomes in the curves HeadYaw, HeadPitch and HeadRoll.

    The degrees are from the character's own point of view: yaw + to its left, pitch + up, roll + to
    its right shoulder. A negative number turns an axis round.
    """

    yaw: float
    """Value per degree to the own left, -10..10."""
    pitch: float
    """Value per degree up, -10..10."""
    roll: float
    """Value per degree to the own right shoulder, -10..10."""

    def __post_init__(self) -> None:
        """Check every range once."""
        for name in ("yaw", "pitch", "roll"):
            check_range(f"head scale of {name}", getattr(self, name), -10.0, 10.0)


HEAD_SCALES: Mapping[str, HeadScale] = {
    "metahuman": HeadScale(yaw=1 / 50, pitch=1 / 50, roll=1 / 50),
    "arkit": HeadScale(yaw=1 / 180, pitch=1 / 180, roll=1 / 180),
    "degrees": HeadScale(yaw=-1.0, pitch=1.0, roll=1.0),
}
"""Three conventions that receivers follow. 20 degrees about one axis alone become:

| preset | to the own left | up | to the own right shoulder | and why |
|---|---|---|---|---|
| metahuman | HeadYaw +0.4 | HeadPitch +0.4 | HeadRoll +0.4 | graph: -50, +50, +50 to degrees |
| arkit | HeadYaw +0.111 | HeadPitch +0.111 | HeadRoll +0.111 | of 180 degrees, as apps send it |
| degrees | HeadYaw -20 | HeadPitch +20 | HeadRoll +20 | an Unreal rotator, yaw + to the right |

What a character wants, and with which signs, only its own graph tells: `posecast play --calibrate`.
"""
USUAL_HEAD_SCALE = "metahuman"


def read_head_scale(text: str) -> HeadScale:
    """Read a head scale as people write it.

    Args:
        text: The name of a preset, or three numbers `YAW,PITCH,ROLL`, e.g. `0.02,-0.02,0.02`.

    Returns:
        The scale.

    Raises:
        InvalidRequest: If it is neither, or a number is out of range.
    """
    if text in HEAD_SCALES:
        return HEAD_SCALES[text]
    try:
        yaw, pitch, roll = (float(part) for part in text.split(","))
    except ValueError as error:
        allowed = ", ".join(HEAD_SCALES)
        raise InvalidRequest(
            f"head scale {text!r}; allowed: {allowed}, or three numbers YAW,PITCH,ROLL"
        ) from error
    return HeadScale(yaw=yaw, pitch=pitch, roll=roll)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLinkSettings(UdpReceiver):
    """A Live Link receiver, and what it is sent, as people write it."""

    kind = "Live Link"
    usual_port = USUAL_PORT

    subject: str = USUAL_SUBJECT
    """Name of the face, or of the first one."""
    head_scale: str = USUAL_HEAD_SCALE
    """A preset, or `YAW,PITCH,ROLL`."""

    def __post_init__(self) -> None:
        """Refuse what cannot be used."""
        UdpReceiver.__post_init__(self)  # a class with slots does not know itself as `super()`
        check_subject(self.subject)
        read_head_scale(self.head_scale)

    @property
    def description(self) -> str:
        """The receiver, and what it is sent."""
        return f"{self.name} as {self.subject}, head scale {self.head_scale}"


def check_subject(name: str) -> None:
    """Refuse a subject's name that no packet can carry.

    Args:
        name: As it shall appear in Unreal's Live Link panel.

    Raises:
        InvalidRequest: If it is empty, too long, or has other than printable ASCII characters.
    """
    if not (name.isascii() and name.isprintable() and 1 <= len(name) <= LONGEST_SUBJECT):
        raise InvalidRequest(
            f"subject {name!r}; allowed: 1 to {LONGEST_SUBJECT} printable ASCII characters"
        )
