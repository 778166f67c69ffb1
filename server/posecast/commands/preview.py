"""`posecast preview`: a page in the browser with a talking face."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import signal
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from posecast.config import FRAMES_PER_WINDOW, AnimationOptions, ServerConfig
from posecast.errors import InvalidRequest, MissingDependency, PosecastError
from posecast.usage import UsageMistake, checking_arguments

if TYPE_CHECKING:
    from posecast.preview.app import Opening

DEFAULT_PORT = 50080


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what is shown, and where."""
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="SPEECH|FACE",
        help="WAV, FLAC or Ogg file to speak, or a take to play; also dropped on the page",
    )  # fmt: skip
    parser.add_argument(
        "--phones", type=Path, metavar="TSV", help="phones of the speech: start, end, phone"
    )
    parser.add_argument("--style", default="neutral", metavar="STYLE", help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="(%(default)s)")
    parser.add_argument(
        "--mode", choices=tuple(FRAMES_PER_WINDOW), default="balanced", help="(%(default)s)"
    )
    parser.add_argument(
        "--server", metavar="HOST:PORT", help="a server that runs; default: one of its own"
    )
    parser.add_argument("--model", default="default", help="`default`, or a model's folder")
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="(%(default)s)"
    )
    parser.add_argument(
        "--host", default="127.0.0.1",
        help="address of the page; another than this machine's own shows it to others "
        "(%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--port",
        type=int,
        default=DEFAULT_PORT,
        help="of the page, 0 takes a free one (%(default)s)",
    )
    parser.add_argument("--no-open", action="store_true", help="do not open the browser")


def run(args: argparse.Namespace) -> None:
    """Serve the page until it is told to stop."""
    if importlib.util.find_spec("aiohttp") is None:
        raise MissingDependency("aiohttp is needed for the page: pip install 'posecast[preview]'")
    opening = _opening(args)
    asyncio.run(_serve(args, opening))


def _opening(args: argparse.Namespace) -> Opening:
    from posecast.evaluation.alignment import read_alignment
    from posecast.preview.app import Opening

    if args.file is not None and not args.file.is_file():
        raise InvalidRequest(f"{args.file}: no such file")
    if not 0 <= args.port <= 65_535:
        raise UsageMistake(f"--port {args.port}; allowed: 0 to 65535")
    with checking_arguments():
        AnimationOptions(style=args.style, seed=args.seed)
    return Opening(
        path=args.file,
        phones=read_alignment(args.phones) if args.phones else (),
        style=args.style,
        seed=args.seed,
        mode=args.mode,
    )


async def _serve(args: argparse.Namespace, opening: Opening) -> None:
    from posecast.preview.site import PreviewSite
    from posecast.session.engine import AnimationEngine
    from posecast.transport.server import AnimationServer

    server = None
    address = args.server
    if address is None:
        engine = AnimationEngine.load(args.model, args.device)
        server = AnimationServer(engine, ServerConfig(port=0, model=args.model, grace_s=0.0))
        await server.start()
        address = server.address
    site = PreviewSite(address, opening, host=args.host, port=args.port)
    try:
        await site.start()
        print(f"posecast: preview on {site.url}, server {address}", flush=True)
        if not args.no_open:
            await asyncio.to_thread(webbrowser.open, site.url)
        await _until_stopped()
    except OSError as error:
        raise PosecastError(
            f"cannot listen on {args.host}:{args.port}: {error.strerror or error}; choose another "
            "with --port (0 takes a free one) or --host"
        ) from error
    finally:
        await site.stop()
        if server is not None:
            await server.stop()


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C ends the process
            loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
