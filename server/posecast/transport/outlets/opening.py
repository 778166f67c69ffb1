"""Opens outlets: one, or all that a server's configuration asks for."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any

from posecast.config import ServerConfig
from posecast.livelink_settings import LiveLinkSettings, read_address, read_head_scale
from posecast.transport.outlets.counts import OutletCounts
from posecast.transport.outlets.datagrams import DatagramSocket
from posecast.transport.outlets.livelink import LiveLinkSender
from posecast.transport.outlets.outlet import FaceOutlet

if TYPE_CHECKING:  # a command without a server does not load the metrics
    from posecast.transport.metrics import ServerMetrics

Outlets = tuple[FaceOutlet[Any], ...]


async def open_live_link(
    settings: LiveLinkSettings, counts: OutletCounts, *, most_queued_s: float
) -> FaceOutlet[Any]:
    """Open a Live Link receiver; belongs into the event loop that sends.

    Args:
        settings: Where and how.
        counts: Is told what becomes of each frame.
        most_queued_s: How far ahead frames of a stream may be queued, in seconds.

    Returns:
        The outlet.

    Raises:
        PosecastError: If the receiver's host cannot be found.
    """
    host, port = read_address(settings.address)
    socket = await asyncio.to_thread(DatagramSocket, host, port, counts)
    head_scale = read_head_scale(settings.head_scale)
    return FaceOutlet(
        LiveLinkSender(socket, subject=settings.subject, head_scale=head_scale),
        counts,
        delay_s=settings.audio_delay_ms / 1000,
        most_queued_s=most_queued_s,
    )


async def open_outlets(config: ServerConfig, metrics: ServerMetrics) -> Outlets:
    """Open what a server's configuration asks for.

    Args:
        config: Names the receivers.
        metrics: Counts what becomes of the frames.

    Returns:
        The outlets, perhaps none.

    Raises:
        PosecastError: If a receiver's host cannot be found.
    """
    settings = config.live_link_settings
    if settings is None:
        return ()
    name = "live_link"
    metrics.add_outlet(name)
    tell = functools.partial(metrics.outlet_frames, name)
    counts = OutletCounts(f"Live Link {settings.address}", tell)
    return (await open_live_link(settings, counts, most_queued_s=config.max_clip_s),)
