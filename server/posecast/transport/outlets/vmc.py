"""Sends a face to a program that shows an avatar, by the VMC protocol."""

from __future__ import annotations

from posecast.signals import FaceFrames
from posecast.transport.outlets.datagrams import DatagramSocket
from posecast.vmc_messages import VmcMessages, encode_numbers
from posecast.vmc_settings import ShapeNames


class VmcSender:
    """Speaks to VSeeFace, Warudo, VMagicMirror and the like; they know of one face alone."""

    def __init__(self, socket: DatagramSocket, *, shape_names: ShapeNames) -> None:
        """Prepare; nothing is sent yet.

        Args:
            socket: Where datagrams go; closed with the sender.
            shape_names: How shapes are called.
        """
        self._socket = socket
        self._messages = VmcMessages(shape_names)

    def prepare(self, frames: FaceFrames) -> list[bytes]:
        """The numbers of each frame."""
        return encode_numbers(frames.weights, frames.head)

    def send(self, place: int, row: bytes, *, media_s: float, frame_rate_hz: int) -> None:  # noqa: ARG002 (the protocol has neither faces nor rates)
        """Send one frame at once.

        Args:
            place: Which face it is, from 0.
            row: Its numbers, of `prepare`.
            media_s: Its time since the first frame that was ever sent, in seconds.
            frame_rate_hz: Frames in a second where it comes from.
        """
        for data in self._messages.datagrams(row, time_s=media_s):
            self._socket.send(data)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
