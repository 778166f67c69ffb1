"""`posecast serve`: answers gRPC clients until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posecast.config import ServerConfig, from_mapping, read_server_config
from posecast.receiver_arguments import (
    add_delay_argument,
    add_live_link_arguments,
    add_vmc_arguments,
)
from posecast.transport.capacity import UTILISATION
from posecast.transport.log_format import formatter_for
from posecast.usage import checking_arguments

if TYPE_CHECKING:
    from posecast.rig.package_rig import RigFiles
    from posecast.transport.server import AnimationServer

FLAGS = {
    "host": "host",
    "port": "port",
    "model": "model",
    "device": "device",
    "rig_map": "rig_map",
    "flame_model": "flame_model",
    "max_streams": "max_streams",
    "max_streams_per_client": "max_streams_per_client",
    "max_clip_seconds": "max_clip_s",
    "max_message_bytes": "max_message_bytes",
    "max_buffered_seconds": "max_buffered_s",
    "max_idle_seconds": "max_idle_s",
    "capacity": "capacity",
    "device_timeout_seconds": "device_timeout_s",
    "grace_seconds": "grace_s",
    "live_link": "live_link",
    "subject": "subject",
    "head_scale": "head_scale",
    "vmc": "vmc",
    "vmc_names": "vmc_names",
    "audio_delay_ms": "audio_delay_ms",
    "metrics_port": "metrics_port",
    "log_format": "log_format",
    "traces": "traces",
    "a2f": "a2f.port",
    "a2f_http": "a2f.http_port",
}
"""Flags, and the settings that they override; a dot leads into a table."""
A2F_PORT, A2F_HTTP_PORT = 52_000, 8_000
"""Where clients of NVIDIA's Audio2Face-3D look."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the configuration file and the flags that override it."""
    usual = ServerConfig()
    parser.add_argument("--config", type=Path, metavar="TOML", help="file with settings")
    parser.add_argument("--host", help=f"address to listen on ({usual.host})")
    parser.add_argument("--port", type=int, help=f"port, 0 takes a free one ({usual.port})")
    parser.add_argument("--model", help="`default`, or a model's folder")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), help=f"({usual.device})")
    parser.add_argument(
        "--rig-map", metavar="MAP.npz", help="for a FLAME model: what `posecast rig fit` wrote"
    )
    parser.add_argument(
        "--flame-model", metavar="FILE",
        help="for a FLAME model without a map: your licensed FLAME, to measure the lips on",
    )  # fmt: skip
    _add_limits(parser, usual)
    _add_receivers(parser, usual)
    parser.add_argument(
        "--metrics-port", type=int, metavar="N",
        help="show Prometheus metrics over HTTP on this port, 0 takes a free one (off)",
    )  # fmt: skip
    parser.add_argument(
        "--traces", action="store_true", default=None,
        help="send OpenTelemetry spans; OTEL_EXPORTER_OTLP_ENDPOINT tells where to "
        "(needs posecast[otel])",
    )  # fmt: skip
    parser.add_argument(
        "--a2f", type=int, nargs="?", const=A2F_PORT, metavar="PORT",
        help=f"listen for clients of NVIDIA's Audio2Face-3D there, too ({A2F_PORT} if none is "
        "named; off)",
    )  # fmt: skip
    parser.add_argument(
        "--a2f-http", type=int, nargs="?", const=A2F_HTTP_PORT, metavar="PORT",
        help=f"answer GET /v1/health/ready there ({A2F_HTTP_PORT} if none is named; off)",
    )  # fmt: skip
    parser.add_argument(
        "--log-format",
        choices=("text", "json"),
        help=f"of each line on stderr ({usual.log_format})",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="log every stream to stderr")


def _add_limits(parser: argparse.ArgumentParser, usual: ServerConfig) -> None:
    # fmt: off
    parser.add_argument("--max-streams", type=int, metavar="N",
                        help=f"streams at a time ({usual.max_streams})")
    parser.add_argument("--max-streams-per-client", type=int, metavar="N",
                        help="streams at a time from one address; 0 for no limit "
                        f"({usual.max_streams_per_client})")
    parser.add_argument("--max-clip-seconds", type=float, metavar="S",
                        help=f"longest clip or utterance ({usual.max_clip_s:g})")
    parser.add_argument("--max-message-bytes", type=int, metavar="N",
                        help=f"largest request message ({usual.max_message_bytes})")
    parser.add_argument("--max-buffered-seconds", type=float, metavar="S",
                        help="audio of a stream that may wait in the server; then the sender waits "
                        f"({usual.max_buffered_s:g})")
    parser.add_argument("--max-idle-seconds", type=float, metavar="S",
                        help="how long a stream may send nothing; 0 for no limit "
                        f"({usual.max_idle_s:g})")
    parser.add_argument("--capacity", type=float, metavar="X",
                        help="work that is taken on, in seconds of the device a second; what a "
                        f"stream costs is measured at the start ({UTILISATION:g})")
    parser.add_argument("--device-timeout-seconds", type=float, metavar="S",
                        help="after which a device that does not answer is opened again "
                        f"({usual.device_timeout_s:g})")
    parser.add_argument("--grace-seconds", type=float, metavar="S",
                        help="what live streams may take when the server stops "
                        f"({usual.grace_s:g})")
    # fmt: on


def _add_receivers(parser: argparse.ArgumentParser, usual: ServerConfig) -> None:
    add_delay_argument(parser, usual_ms=usual.audio_delay_ms)
    add_live_link_arguments(
        parser.add_argument_group("Unreal without a plugin"),
        what="every stream's face, a second one as NAME-2",
    )
    add_vmc_arguments(
        parser.add_argument_group("programs for VRM avatars"),
        what="the face of the stream that began to speak last",
    )


def run(args: argparse.Namespace) -> None:
    """Load the model, say when it is ready, and serve."""
    with checking_arguments():
        config = _server_config(args)
    _start_log(config, level=logging.INFO if args.verbose else logging.WARNING)
    from posecast.session.engine import AnimationEngine
    from posecast.transport.server import serve

    engine = AnimationEngine.load(config.model, config.device, _rig_files(config))

    def tell_ready(server: AnimationServer) -> None:
        facts = [
            f"serving on {server.address}",
            f"model {engine.config.name} {engine.config.version}",
            f"device {engine.device}",
        ]
        if server.metrics_url is not None:
            facts.append(f"metrics {server.metrics_url}")
        facts += [settings.description for settings in config.receivers]
        if server.a2f_address is not None:
            facts.append(f"a2f {server.a2f_address}")
        if server.ready_url is not None:
            facts.append(f"ready {server.ready_url}")
        print(f"posecast: {', '.join(facts)}", flush=True)

    asyncio.run(serve(engine, config, tell_ready))


def _rig_files(config: ServerConfig) -> RigFiles:
    from posecast.rig.package_rig import RigFiles

    rig_map, flame_model = (
        Path(name) if name else None for name in (config.rig_map, config.flame_model)
    )
    with checking_arguments():
        return RigFiles(rig_map=rig_map, flame_model=flame_model)


def _start_log(config: ServerConfig, *, level: int) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(formatter_for(config.log_format))
    logging.basicConfig(level=level, handlers=[handler])


def _server_config(args: argparse.Namespace) -> ServerConfig:
    values: dict[str, Any] = read_server_config(args.config) if args.config else {}
    for flag, name in FLAGS.items():
        value = getattr(args, flag)
        if value is not None:
            table, _, key = name.rpartition(".")
            (values.setdefault(table, {}) if table else values)[key] = value
    return from_mapping(ServerConfig, values, where=str(args.config or "flags"))
