"""Asks a server what it is."""

from __future__ import annotations

from typing import Any

import grpc

from posecast.errors import ModelUnavailable
from posecast.transport.status import error_from
from posecast.v1 import face_animation_service_pb2 as service_pb2
from posecast.v1 import face_animation_service_pb2_grpc as service_grpc

CONNECT_LIMIT_S = 10.0


def ask_server(address: str) -> dict[str, Any]:
    """Version, model, device and limit of a server.

    Args:
        address: Host and port.

    Raises:
        PosecastError: If it cannot be reached or does not answer.
    """
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
