"""A server that only tells its status and a toy head, for the modules that ask for them."""

from __future__ import annotations

import importlib.util
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from posecast.rig.arkit import CURVE_NAMES
from posecast.rig.arkit_shapes import ArkitShapes
from posecast.rig.flame_fit import fit_flame_arkit
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


@pytest.fixture(scope="session")
def toy_head():
    """A symmetric head with lips that a jaw parts, and ARKit shapes on its mesh."""
    path = Path(__file__).parents[1] / "assets" / "flame" / "toy_head.py"
    spec = importlib.util.spec_from_file_location("toy_head", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["toy_head"] = module  # where its dataclass looks itself up
    spec.loader.exec_module(module)
    return module.make_toy_head()


@pytest.fixture(scope="session")
def toy_shapes(toy_head):
    """The ARKit shapes of the toy head, as if they had been read."""
    neutral = toy_head.positions["neutral"]
    displacements = {name: toy_head.positions[name] - neutral for name in CURVE_NAMES}
    return ArkitShapes(neutral=neutral, displacements=displacements)


@pytest.fixture(scope="session")
def toy_fit(toy_head, toy_shapes):
    """The toy head's map."""
    return fit_flame_arkit(toy_head.model, toy_shapes, made_from={"flame": "toy"})
