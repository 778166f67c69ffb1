"""Opens outlets: those that a command or a server's configuration asks for."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from posecast.config import ReceiverSettings, ServerConfig
from posecast.livelink_settings import LiveLinkSettings, read_head_scale
from posecast.transport.outlets.counts import OutletCounts
from posecast.transport.outlets.datagrams import DatagramSocket
from posecast.transport.outlets.floor import Floor
from posecast.transport.outlets.livelink import LiveLinkSender
from posecast.transport.outlets.outlet import FaceOutlet
from posecast.transport.outlets.vmc import VmcSender

if TYPE_CHECKING:  # a command without a server does not load the metrics
    from posecast.transport.metrics import ServerMetrics

Outlets = tuple[FaceOutlet[Any], ...]


async def open_outlets(
    receivers: Sequence[tuple[ReceiverSettings, OutletCounts]], *, most_queued_s: float
) -> Outlets:
    """Open receivers; belongs into the event loop that sends.

    Args:
        receivers: Where and how, and what is told what becomes of each frame.
        most_queued_s: How far ahead frames of a stream may be queued, in seconds.

    Returns:
        An outlet for each.

    Raises:
        PosecastError: If a receiver's host cannot be found; then none is open.
    """
    outlets: list[FaceOutlet[Any]] = []
    try:
        for settings, counts in receivers:
            outlets.append(await _open(settings, counts, most_queued_s))
    except BaseException:
        for outlet in outlets:
            await outlet.close()
        raise
    return tuple(outlets)


async def open_server_outlets(config: ServerConfig, metrics: ServerMetrics) -> Outlets:
    """Open what a server's configuration asks for.

    Args:
        config: Names the receivers.
        metrics: Counts what becomes of the frames.

    Returns:
        The outlets, perhaps none.

    Raises:
        PosecastError: If a receiver's host cannot be found.
    """
    receivers = []
    for settings in config.receivers:
        label = "live_link" if isinstance(settings, LiveLinkSettings) else "vmc"
        metrics.add_outlet(label)
        tell = functools.partial(metrics.outlet_frames, label)
        receivers.append((settings, OutletCounts(settings.name, tell)))
    return await open_outlets(receivers, most_queued_s=config.max_clip_s)


async def _open(
    settings: ReceiverSettings, counts: OutletCounts, most_queued_s: float
) -> FaceOutlet[Any]:
    socket = await asyncio.to_thread(DatagramSocket, *settings.host_and_port, counts)
    open_outlet = functools.partial(
        FaceOutlet[Any],
        counts=counts,
        delay_s=settings.audio_delay_ms / 1000,
        most_queued_s=most_queued_s,
    )
    if isinstance(settings, LiveLinkSettings):
        head_scale = read_head_scale(settings.head_scale)
        return open_outlet(LiveLinkSender(socket, subject=settings.subject, head_scale=head_scale))
    return open_outlet(VmcSender(socket, shape_names=settings.shape_names), floor=Floor())
