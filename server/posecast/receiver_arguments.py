"""Command-line arguments of receivers by UDP: where they are, and how they want a face."""

from __future__ import annotations

import argparse

from posecast import livelink_settings as live_link
from posecast import vmc_settings as vmc


def add_live_link_arguments(parser: argparse._ActionsContainer, *, what: str) -> None:
    """Declare those of a Live Link receiver, all without defaults.

    Args:
        parser: Parser, or a group of one.
        what: What the receiver is sent.
    """
    # fmt: off
    parser.add_argument("--live-link", metavar="HOST[:PORT]",
                        help=f"send {what} to Unreal's stock ARKit source by UDP "
                        f"({live_link.USUAL_PORT})")
    parser.add_argument("--subject", metavar="NAME",
                        help=f"Live Link subject ({live_link.USUAL_SUBJECT})")
    parser.add_argument("--head-scale", metavar="SCALE",
                        help="what a degree of the head becomes: "
                        f"{', '.join(live_link.HEAD_SCALES)}, or YAW,PITCH,ROLL "
                        f"({live_link.USUAL_HEAD_SCALE})")
    # fmt: on


def add_vmc_arguments(parser: argparse._ActionsContainer, *, what: str) -> None:
    """Declare those of a VMC receiver, all without defaults.

    Args:
        parser: Parser, or a group of one.
        what: What the receiver is sent.
    """
    # fmt: off
    parser.add_argument("--vmc", metavar="HOST[:PORT]",
                        help=f"send {what} to VSeeFace, Warudo, VMagicMirror, ... by UDP "
                        f"({vmc.USUAL_PORT})")
    parser.add_argument("--vmc-names", choices=vmc.SHAPE_NAMES,
                        help="shapes are called JawOpen, or jawOpen as ARKit has it "
                        f"({vmc.USUAL_SHAPE_NAMES})")
    # fmt: on


def add_delay_argument(parser: argparse._ActionsContainer, *, usual_ms: int) -> None:
    """Declare how late the audio is heard, without a default.

    Args:
        parser: Parser, or a group of one.
        usual_ms: Told as the default.
    """
    parser.add_argument(
        "--audio-delay-ms", type=int, metavar="N",
        help=f"how late the audio is heard; a face sent by UDP waits as long ({usual_ms})",
    )  # fmt: skip
