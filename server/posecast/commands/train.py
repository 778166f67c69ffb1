"""`posecast train`: hands over to the training package."""

from __future__ import annotations

import argparse

from posecast.usage import needing_train_extra


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the parts of training."""
    with needing_train_extra("for training"):
        from posecast.training import commands

        commands.add_arguments(parser.add_subparsers(dest="stage", required=True, metavar="STAGE"))


def run(args: argparse.Namespace) -> None:
    """Run the chosen part."""
    with needing_train_extra("for training"):
        from posecast.training import commands

        commands.run(args)
