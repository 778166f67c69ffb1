"""Sends faces as Live Link Face packets, a subject for each stream."""

from __future__ import annotations

from posecast.livelink_packet import SceneTime, encode_names, encode_packet, encode_values
from posecast.livelink_settings import HeadScale
from posecast.livelink_values import livelink_values
from posecast.signals import FaceFrames
from posecast.transport.outlets.datagrams import DatagramSocket


def subject_of(name: str, place: int) -> str:
    """The subject of a stream: the name itself for the first, `NAME-2` for the second, and so on.

    Args:
        name: The first subject's name.
        place: Place of the stream, from 0.
    """
    return name if place == 0 else f"{name}-{place + 1}"


class LiveLinkSender:
    """Speaks to Unreal's stock source "Apple ARKit"."""

    def __init__(self, socket: DatagramSocket, *, subject: str, head_scale: HeadScale) -> None:
        """Prepare; nothing is sent yet.

        Args:
            socket: Where packets go; closed with the sender.
            subject: Name of the first stream's face.
            head_scale: What a degree of the head becomes.
        """
        self._socket = socket
        self._subject = subject
        self._head_scale = head_scale
        self._names: dict[int, bytes] = {}

    def prepare(self, frames: FaceFrames) -> list[bytes]:
        """The values of each frame, as packets end with them."""
        return encode_values(livelink_values(frames.weights, frames.head, self._head_scale))

    def send(self, place: int, row: bytes, *, media_s: float, frame_rate_hz: int) -> None:
        """Send one frame at once.

        Args:
            place: Which face it is, from 0.
            row: Its values, of `prepare`.
            media_s: Its scene time in seconds.
            frame_rate_hz: Frames in a second where it comes from.
        """
        time = SceneTime.at(media_s, frame_rate_hz)
        self._socket.send(encode_packet(self._names_of(place), time, row))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _names_of(self, place: int) -> bytes:
        if place not in self._names:
            subject = subject_of(self._subject, place)
            # Receivers keep one subject for each device.
            self._names[place] = encode_names(f"posecast-{subject}", subject)
        return self._names[place]
