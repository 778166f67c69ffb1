"""A server that only tells its status, for the modules that ask for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from posecast.v1 import face_animation_service_pb2 as pb
from posecast.v1 import face_animation_service_pb2_grpc as pb_grpc


class StatusServicer(pb_grpc.FaceAnimationServiceServicer):
    """Answers GetServerInfo and ListStreams as a test set it, or fails as it was told."""

    def __init__(self):
        self.address = ""
        self.failure = None
        self.info = pb.GetServerInfoResponse(
            server_version="9.8.7",
            model=pb.ModelInfo(name="tiny", version="0"),
            device="cpu",
            num_streams=2,
            limits=pb.ServerLimits(max_streams=64),
            capacity=pb.ServerCapacity(
                load=0.25,
                modes=[
                    pb.ModeCapacity(latency_mode=pb.LATENCY_MODE_BALANCED, num_streams=40),
                    pb.ModeCapacity(latency_mode=pb.LATENCY_MODE_REALTIME, num_streams=9),
                ],
            ),
        )
        self.streams = [
            pb.StreamInfo(
                stream_id="5f3a09c1",
                method="Animate",
                client="ipv4:127.0.0.1:51514",
                latency_mode=pb.LATENCY_MODE_REALTIME,
                style_name="cheerful:0.6,tired:0.4",
                age_s=62.5,
                utterance_index=3,
                num_frames=1500,
                buffered_s=0.25,
                lateness_s=-0.125,
            ),
            pb.StreamInfo(stream_id="0badcafe", method="AnimateClip", lateness_s=0.5),
        ]

    def GetServerInfo(self, request, context):  # noqa: N802 - gRPC's name
        self._maybe_fail(context)
        return self.info

    def ListStreams(self, request, context):  # noqa: N802 - gRPC's name
        self._maybe_fail(context)
        return pb.ListStreamsResponse(streams=self.streams)

    def _maybe_fail(self, context):
        if self.failure is not None:
            context.abort(*self.failure)


@pytest.fixture
def status_server():
    """The servicer behind a real server on a free port of this machine."""
    servicer = StatusServicer()
    server = grpc.server(ThreadPoolExecutor(2))
    pb_grpc.add_FaceAnimationServiceServicer_to_server(servicer, server)
    servicer.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield servicer
    server.stop(grace=None).wait()
