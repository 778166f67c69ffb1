"""`posecast style`: the speaking styles of a model."""

from __future__ import annotations

import argparse
import math

from posecast.usage import checking_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `list` and `show`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="names and descriptions of all styles")
    showing = actions.add_parser("show", help="one style in numbers")
    showing.add_argument("name", help="name of the style")
    for action in (listing, showing):
        action.add_argument("--model", default="default", help="`default`, or a model's folder")


def run(args: argparse.Namespace) -> None:
    """Print what was asked for."""
    from posecast import checkpoints
    from posecast.conditioning.style import load_styles

    package = checkpoints.load_package(args.model)
    styles = load_styles(package.path(checkpoints.STYLES_FILE), package.config.denoiser.style_dim)
    if args.action == "list":
        width = max(map(len, styles.names))
        for name in styles.names:
            print(f"{name:<{width}}  {styles.describe(name)}")
        return
    with checking_arguments():
        style = styles.get(args.name)
    print(f"{args.name}: {styles.describe(args.name)}")
    print(f"  blinks   {style.blink_rate_hz * 60:.0f} a minute")
    print(f"  gaze     {style.gaze_range:.2f} standard deviation of the look curves")
    wander_deg = math.degrees(style.head_wander_rad)
    print(f"  head     wanders by {wander_deg:.1f} degrees around {style.head_tempo_hz:.2f} Hz")
    values = " ".join(f"{value:+.2f}" for value in style.vector)
    print(f"  vector   {len(style.vector)} values: {values}")
