"""Messages, loads and a loopback server for the tests of the benchmark's clients."""

from contextlib import asynccontextmanager

import grpc
import numpy as np
import pytest

from posecast.config import AnimationOptions
from posecast.signals import Waveform
from posecast.transport.bench.load import Load, StreamPlan
from posecast.transport.bench.planning import config_message, cut_speech
from posecast.transport.bench.run_clock import RunClock
from posecast.transport.bench.stream_client import CHANNEL_OPTIONS, StreamClient
from posecast.v1 import face_animation_service_pb2 as pb
from posecast.v1 import face_animation_service_pb2_grpc as pb_grpc
from posecast.v1 import face_pb2


@pytest.fixture
def make_load():
    """A load of utterances of half a second at 25 frames a second, unless told otherwise."""

    def make(**chosen):
        usual = {
            "arrival": "microphone",
            "frame_rate_hz": 25,
            "utterance_s": 0.5,
            "warm_up_s": 0.0,
            "measured_s": 1.0,
            "answer_limit_s": 5.0,
        }
        return Load(**(usual | chosen))

    return make


@pytest.fixture
def make_speech():
    def make(arrival="microphone", duration_s=1.0):
        samples = np.linspace(-1, 1, round(16_000 * duration_s), dtype=np.float32)
        return cut_speech(Waveform(samples=samples, sample_rate_hz=16_000), arrival)

    return make


@pytest.fixture
def frames():
    """A serialised answer with a batch of frames."""

    def make(first_index, num_frames, utterance_index=0, **marks):
        batch = pb.FrameBatch(
            utterance_index=utterance_index,
            frames=[
                face_pb2.FaceFrame(index=index)
                for index in range(first_index, first_index + num_frames)
            ],
            **marks,
        )
        return pb.AnimateResponse(frames=batch).SerializeToString()

    return make


@pytest.fixture
def end():
    """A serialised answer that an utterance is complete."""

    def make(num_frames, utterance_index=0, *, was_interrupted=False):
        message = pb.UtteranceEnd(
            utterance_index=utterance_index,
            num_frames=num_frames,
            was_interrupted=was_interrupted,
        )
        return pb.AnimateResponse(end=message).SerializeToString()

    return make


@asynccontextmanager
async def serving(servicer):
    server = grpc.aio.server()
    pb_grpc.add_FaceAnimationServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(0)


@pytest.fixture
def run_stream(make_speech):
    """Run one client against a servicer on a loopback port; returns its record."""

    async def run(servicer, load):
        config = config_message(AnimationOptions(frame_rate_hz=25), 16_000)
        plan = StreamPlan(number=0, starts_s=0.0, lasts_s=load.duration_s, config=config)
        async with (
            serving(servicer) as address,
            grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel,
        ):
            client = StreamClient(channel, plan, load, RunClock())
            return await client.run(make_speech(load.arrival))

    return run
