"""`posecast play`: a take, or the calibration, to a receiver by UDP."""

from __future__ import annotations

import argparse
import asyncio
import math
from pathlib import Path
from typing import TYPE_CHECKING

from posecast.livelink_arguments import add_live_link_arguments
from posecast.livelink_settings import LiveLinkSettings
from posecast.ranges import check_range
from posecast.usage import UsageMistake, checking_arguments

if TYPE_CHECKING:
    from posecast.signals import FaceFrames
    from posecast.transport.outlets.counts import OutletCounts

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 1, 240


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the take, the receiver and how to play."""
    parser.add_argument(
        "face", type=Path, nargs="?", metavar="FACE",
        help="take of ours or of Live Link Face: .csv, .json, .npz",
    )  # fmt: skip
    parser.add_argument(
        "--calibrate", action="store_true",
        help="in the place of a take: one move after another, to find a character's head scale",
    )  # fmt: skip
    add_live_link_arguments(parser, what="the face", usual_delay_ms=0)
    parser.add_argument(
        "--rate", type=int, metavar="HZ", help="frames in a second (default: the take's own)"
    )
    parser.add_argument("--loop", action="store_true", help="begin anew at the end, until Ctrl-C")


def run(args: argparse.Namespace) -> None:
    """Read the take, play it, and say how it went."""
    settings = _settings(args)
    with checking_arguments():
        if args.rate is not None:
            check_range("rate", args.rate, LOWEST_RATE_HZ, HIGHEST_RATE_HZ)
        if (args.face is None) != args.calibrate:
            raise UsageMistake("nothing to play; give either FACE or --calibrate")
    frames = _frames(args)
    _tell_what(args, settings, frames)
    counts = asyncio.run(_play(settings, frames, is_looping=args.loop))
    print(
        f"posecast: {counts.num_sent} packets sent, {counts.num('late')} late, "
        f"{counts.num('refused')} refused; 95 % within {counts.lateness_p95_ms:.1f} ms "
        "of their time"
    )


def _settings(args: argparse.Namespace) -> LiveLinkSettings:
    if args.live_link is None:
        raise UsageMistake("nowhere to play to; give --live-link HOST[:PORT]")
    given = {
        "subject": args.subject,
        "head_scale": args.head_scale,
        "audio_delay_ms": args.audio_delay_ms or 0,
    }
    with checking_arguments():
        return LiveLinkSettings(
            address=args.live_link,
            **{name: value for name, value in given.items() if value is not None},
        )


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


def _tell_what(args: argparse.Namespace, settings: LiveLinkSettings, frames: FaceFrames) -> None:
    print(
        f"posecast: playing {args.face or 'the calibration'}: {len(frames)} frames at "
        f"{frames.frame_rate_hz} fps, to {settings.address} as {settings.subject}, head scale "
        f"{settings.head_scale}; Ctrl-C ends it",
        flush=True,
    )
    if args.calibrate:
        from posecast.rig.calibration import STEP_S, STEPS

        for place, step in enumerate(STEPS):
            print(f"  {place * STEP_S:4g} s  {step.told}", flush=True)


async def _play(
    settings: LiveLinkSettings, frames: FaceFrames, *, is_looping: bool
) -> OutletCounts:
    from posecast.transport.outlets.counts import OutletCounts
    from posecast.transport.outlets.opening import open_live_link
    from posecast.transport.outlets.playing import play_frames
    from posecast.transport.stop_signals import on_stop_signal

    counts = OutletCounts(f"Live Link {settings.address}")
    outlet = await open_live_link(settings, counts, most_queued_s=math.inf)
    stop = asyncio.Event()
    on_stop_signal(stop.set)
    try:
        await play_frames(outlet, frames, is_looping=is_looping, stop=stop)
    finally:
        await outlet.close()
    return counts
