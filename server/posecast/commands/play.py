"""`posecast play`: a take, or the calibration, to receivers by UDP."""

from __future__ import annotations

import argparse
import asyncio
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posecast.config import ReceiverSettings
from posecast.livelink_settings import LiveLinkSettings
from posecast.ranges import check_range
from posecast.receiver_arguments import (
    add_delay_argument,
    add_live_link_arguments,
    add_vmc_arguments,
)
from posecast.usage import UsageMistake, checking_arguments
from posecast.vmc_settings import VmcSettings

if TYPE_CHECKING:
    from posecast.signals import FaceFrames
    from posecast.transport.outlets.counts import OutletCounts

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 1, 240


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the take, the receivers and how to play."""
    parser.add_argument(
        "face", type=Path, nargs="?", metavar="FACE",
        help="take of ours or of Live Link Face: .csv, .json, .npz",
    )  # fmt: skip
    parser.add_argument(
        "--calibrate", action="store_true",
        help="in the place of a take: one move after another, to find a character's head scale",
    )  # fmt: skip
    add_live_link_arguments(parser, what="the face")
    add_vmc_arguments(parser, what="the face")
    add_delay_argument(parser, usual_ms=0)
    parser.add_argument(
        "--rate", type=int, metavar="HZ", help="frames in a second (default: the take's own)"
    )
    parser.add_argument("--loop", action="store_true", help="begin anew at the end, until Ctrl-C")


def run(args: argparse.Namespace) -> None:
    """Read the take, play it, and say how it went."""
    receivers = _receivers(args)
    with checking_arguments():
        if args.rate is not None:
            check_range("rate", args.rate, LOWEST_RATE_HZ, HIGHEST_RATE_HZ)
        if (args.face is None) != args.calibrate:
            raise UsageMistake("nothing to play; give either FACE or --calibrate")
    frames = _frames(args)
    _tell_what(args, receivers, frames)
    for counts in asyncio.run(_play(receivers, frames, is_looping=args.loop)):
        print(
            f"posecast: {counts.name}: {counts.num_sent} frames sent, {counts.num('late')} late, "
            f"{counts.num('refused')} packets refused; 95 % within {counts.lateness_p95_ms:.1f} ms "
            "of their time"
        )


def _receivers(args: argparse.Namespace) -> tuple[ReceiverSettings, ...]:
    receivers: list[ReceiverSettings] = []
    delay_ms = args.audio_delay_ms or 0
    with checking_arguments():
        if args.live_link is not None:
            given = _given(subject=args.subject, head_scale=args.head_scale)
            receivers.append(
                LiveLinkSettings(address=args.live_link, audio_delay_ms=delay_ms, **given)
            )
        if args.vmc is not None:
            given = _given(shape_names=args.vmc_names)
            receivers.append(VmcSettings(address=args.vmc, audio_delay_ms=delay_ms, **given))
    if not receivers:
        raise UsageMistake("nowhere to play to; give --live-link HOST[:PORT] or --vmc HOST[:PORT]")
    return tuple(receivers)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _frames(args: argparse.Namespace) -> FaceFrames:
    """What to play, at the rate at which it is played."""
    from posecast.rig.calibration import calibration_frames
    from posecast.rig.recording_rate import frame_rate_of, resample_recording
    from posecast.signals import FaceRecording
    from posecast.takes import read_recording

    if args.calibrate:
        frames = calibration_frames()
        recording = FaceRecording(times_s=frames.times_s, weights=frames.weights, head=frames.head)
    else:
        recording = read_recording(args.face)
    return resample_recording(recording, args.rate or round(frame_rate_of(recording)))


def _tell_what(
    args: argparse.Namespace, receivers: Sequence[ReceiverSettings], frames: FaceFrames
) -> None:
    told = ", and to ".join(settings.description for settings in receivers)
    print(
        f"posecast: playing {args.face or 'the calibration'}: {len(frames)} frames at "
        f"{frames.frame_rate_hz} fps, to {told}; Ctrl-C ends it",
        flush=True,
    )
    if args.calibrate:
        from posecast.rig.calibration import STEP_S, STEPS

        for place, step in enumerate(STEPS):
            print(f"  {place * STEP_S:4g} s  {step.told}", flush=True)


async def _play(
    receivers: Sequence[ReceiverSettings], frames: FaceFrames, *, is_looping: bool
) -> list[OutletCounts]:
    from posecast.transport.outlets.counts import OutletCounts
    from posecast.transport.outlets.opening import open_outlets
    from posecast.transport.outlets.playing import play_frames
    from posecast.transport.stop_signals import on_stop_signal

    counts = [OutletCounts(settings.name) for settings in receivers]
    outlets = await open_outlets(list(zip(receivers, counts, strict=True)), most_queued_s=math.inf)
    stop = asyncio.Event()
    on_stop_signal(stop.set)
    try:
        await asyncio.gather(
            *(play_frames(outlet, frames, is_looping=is_looping, stop=stop) for outlet in outlets)
        )
    finally:
        await asyncio.gather(*(outlet.close() for outlet in outlets))
    return counts
