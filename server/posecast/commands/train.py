"""`posecast train`: hands over to the training package."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from posecast.errors import MissingDependency


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the parts of training."""
    with _needing_extra():
        from posecast.training import commands

        commands.add_arguments(parser.add_subparsers(dest="stage", required=True, metavar="STAGE"))


def run(args: argparse.Namespace) -> None:
    """Run the chosen part."""
    with _needing_extra():
        from posecast.training import commands

        commands.run(args)


@contextmanager
def _needing_extra() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in {"onnx", "soxr", "torch"}:
            raise
        raise MissingDependency(
            f"{error.name} is needed for training: pip install 'posecast[train]'"
        ) from error
