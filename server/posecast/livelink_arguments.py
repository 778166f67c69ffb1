"""Command-line arguments of a Live Link receiver: where it is, and how it wants a face."""

from __future__ import annotations

import argparse

from posecast.livelink_settings import HEAD_SCALES, USUAL_HEAD_SCALE, USUAL_PORT, USUAL_SUBJECT


def add_live_link_arguments(
    parser: argparse._ActionsContainer, *, what: str, usual_delay_ms: int
) -> None:
    """Declare them, all without defaults.

    Args:
        parser: Parser, or a group of one.
        what: What the receiver is sent.
        usual_delay_ms: Told as the default of the delay.
    """
    # fmt: off
    parser.add_argument("--live-link", metavar="HOST[:PORT]",
                        help=f"send {what} to Unreal's stock ARKit source by UDP ({USUAL_PORT})")
    parser.add_argument("--subject", metavar="NAME", help=f"Live Link subject ({USUAL_SUBJECT})")
    parser.add_argument("--head-scale", metavar="SCALE",
                        help=f"what a degree of the head becomes: {', '.join(HEAD_SCALES)}, or "
                        f"YAW,PITCH,ROLL ({USUAL_HEAD_SCALE})")
    parser.add_argument("--audio-delay-ms", type=int, metavar="N",
                        help="how late the audio is heard; the face waits as long "
                        f"({usual_delay_ms})")
    # fmt: on
