"""Asks a server what it is."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from posecast.errors import ModelUnavailable
from posecast.transport.status import error_from
from posecast.v1 import face_animation_service_pb2 as service_pb2
from posecast.v1 import face_animation_service_pb2_grpc as service_grpc

CONNECT_LIMIT_S = 10.0
REST_LIMIT_S = 5.0
_POLL_S = 0.05


def ask_server(address: str) -> dict[str, Any]:
    """Version, model, device and limit of a server.

    Args:
        address: Host and port.

    Raises:
        PosecastError: If it cannot be reached or does not answer.
    """
    # On a thread of its own: gRPC's blocking calls wait forever in their clean-up when they are
    # interrupted by Ctrl-C, which is raised in the main thread.
    executor = ThreadPoolExecutor(max_workers=1)
    try:
        return executor.submit(_ask, address).result()
    finally:
        executor.shutdown(wait=False)


def await_rest(address: str, num_streams: int) -> None:
    """Wait until streams of a run before, cut off perhaps, no longer burden the server.

    Args:
        address: Host and port.
        num_streams: Streams that were open before all runs. If more stay open, they are others',
            and are not waited for longer than `REST_LIMIT_S`.

    Raises:
        PosecastError: If the server cannot be reached or does not answer.
    """
    until_s = time.monotonic() + REST_LIMIT_S
    while ask_server(address)["streams_before"] > num_streams and time.monotonic() < until_s:
        time.sleep(_POLL_S)


def _ask(address: str) -> dict[str, Any]:
    with grpc.insecure_channel(address) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=CONNECT_LIMIT_S)
            stub = service_grpc.FaceAnimationServiceStub(channel)  # type: ignore[no-untyped-call]  # generated
            info = stub.GetServerInfo(service_pb2.GetServerInfoRequest(), timeout=CONNECT_LIMIT_S)
        except grpc.FutureTimeoutError as error:
            raise ModelUnavailable(
                f"no server at {address} within {CONNECT_LIMIT_S:g} s"
            ) from error
        except grpc.RpcError as error:
            raise error_from(error.code(), error.details()) from error
    return {
        "version": info.server_version,
        "model": f"{info.model.name} {info.model.version}",
        "device": info.device,
        "max_streams": info.limits.max_streams,
        "streams_before": info.num_streams,
    }
