"""A real server on a loopback port, and a client that speaks the contract's messages."""

from __future__ import annotations

import asyncio
import gc
import io
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
import numpy as np
import pytest
import soundfile

from posecast.config import ServerConfig
from posecast.session.engine import AnimationEngine
from posecast.transport.capacity import Capacity, WindowCost
from posecast.transport.server import AnimationServer
from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as pb
from posecast.v1 import face_animation_service_pb2_grpc as pb_grpc

SAMPLE_RATE_HZ = 16_000


@dataclass
class Answer:
    """What came back on one stream."""

    header: pb.AnimationHeader | None = None
    batches: list[pb.FrameBatch] = field(default_factory=list)
    ends: list[pb.UtteranceEnd] = field(default_factory=list)

    def add(self, response) -> None:
        match response.WhichOneof("part"):
            case "header":
                self.header = response.header
            case "frames":
                self.batches.append(response.frames)
            case "end":
                self.ends.append(response.end)

    def frames(self, utterance_index: int = 0) -> list:
        return [
            frame
            for batch in self.batches
            if batch.utterance_index == utterance_index
            for frame in batch.frames
        ]

    def values(self, utterance_index: int = 0) -> np.ndarray:
        """Index, weights and head of each frame. [T, 1 + C + 4]"""
        return np.array(
            [
                [f.index, *f.weights, f.head.x, f.head.y, f.head.z, f.head.w]
                for f in self.frames(utterance_index)
            ]
        )


class Talk:
    """An Animate call that is read part by part."""

    def __init__(self, call) -> None:
        self.call = call
        self.header: pb.AnimationHeader | None = None

    async def send(self, *requests) -> None:
        for request in requests:
            await self.call.write(request)

    async def read(self):
        return await asyncio.wait_for(self.call.read(), 30)

    async def read_until(self, part: str) -> list:
        """All parts up to the first one of a kind, which comes last."""
        parts = [await self.read()]
        while parts[-1].WhichOneof("part") != part:
            parts.append(await self.read())
            assert parts[-1] is not grpc.aio.EOF, f"the stream ended before {part}"
        return parts

    async def rest(self) -> list:
        """All parts that are left when nothing more is sent."""
        await self.call.done_writing()
        parts = []
        while (response := await self.read()) is not grpc.aio.EOF:
            parts.append(response)
        return parts

    async def refusal(self) -> tuple[list, grpc.StatusCode, str]:
        """What still comes, and the status with which the stream is then ended."""
        parts = []
        try:
            while (response := await self.read()) is not grpc.aio.EOF:
                parts.append(response)
        except grpc.RpcError:
            return parts, await self.call.code(), await self.call.details()
        raise AssertionError("the stream was not refused")


class Device:
    """Stands between a server's worker and the networks: it holds windows, or makes them fail."""

    def __init__(self, server: AnimationServer) -> None:
        self._worker = server._backend.worker
        self._make = self._worker._make_windows
        self._worker._make_windows = self._make_windows
        self._open = threading.Event()
        self._open.set()
        self.entered = threading.Event()
        self.error: BaseException | None = None
        self.failing_seeds: set[int] = set()
        """Sessions that fail; all if it is empty."""
        self.batches: list[int] = []
        """Windows in each batch that was made."""

    def hold(self) -> None:
        self.entered.clear()
        self._open.clear()

    async def until_held(self) -> None:
        assert await asyncio.to_thread(self.entered.wait, 20)

    def release(self) -> None:
        self._open.set()

    def _make_windows(self, sessions):
        if not self._open.is_set():
            self.entered.set()
            self._open.wait(30)
        seeds = {session.seed for session in sessions}
        if self.error and (not self.failing_seeds or seeds & self.failing_seeds):
            raise self.error
        made = self._make(sessions)
        self.batches.append(len(sessions))
        return made


class Client:
    """Sends messages and gathers answers."""

    def __init__(self, channel: grpc.aio.Channel, address: str) -> None:
        self.channel = channel
        self.address = address
        self.stub = pb_grpc.FaceAnimationServiceStub(channel)

    @staticmethod
    def config(
        *,
        sample_rate_hz: int = SAMPLE_RATE_HZ,
        num_channels: int = 1,
        encoding: int = audio_pb2.AUDIO_ENCODING_PCM_S16LE,
        idles: bool = False,
        returns_audio: bool = False,
        **settings,
    ) -> pb.AnimateRequest:
        return pb.AnimateRequest(
            config=pb.AnimateConfig(
                idles=idles,
                returns_audio=returns_audio,
                audio_format=audio_pb2.AudioFormat(
                    encoding=encoding, sample_rate_hz=sample_rate_hz, num_channels=num_channels
                ),
                settings=pb.AnimationSettings(**settings),
            )
        )

    @staticmethod
    def audio(data: bytes) -> pb.AnimateRequest:
        return pb.AnimateRequest(audio=audio_pb2.AudioChunk(data=data))

    @staticmethod
    def end() -> pb.AnimateRequest:
        return pb.AnimateRequest(end_of_utterance=pb.EndOfUtterance())

    @staticmethod
    def interrupt(**place) -> pb.AnimateRequest:
        return pb.AnimateRequest(interrupt=pb.Interrupt(**place))

    @staticmethod
    def update(**settings) -> pb.AnimateRequest:
        return pb.AnimateRequest(
            update=pb.SettingsUpdate(settings=pb.AnimationSettings(**settings))
        )

    async def talk(self, **config) -> Talk:
        """Open a stream and read its header."""
        talk = Talk(self.stub.Animate())
        await talk.send(self.config(**config))
        talk.header = (await talk.read()).header
        return talk

    async def animate(self, requests: Iterable[pb.AnimateRequest]) -> Answer:
        # By blocking calls, because grpc.aio puts its own failed write in the place of a refusal
        # that comes while requests are still being sent.
        def call() -> Answer:
            answer = Answer()
            with grpc.insecure_channel(self.address) as channel:
                for response in pb_grpc.FaceAnimationServiceStub(channel).Animate(iter(requests)):
                    answer.add(response)
            return answer

        return await asyncio.to_thread(call)

    async def animate_clip(self, file: bytes, **settings) -> Answer:
        return await self.send_clip(
            pb.AnimateClipRequest(file=file, settings=pb.AnimationSettings(**settings))
        )

    async def send_clip(self, request: pb.AnimateClipRequest) -> Answer:
        answer = Answer()
        async for response in self.stub.AnimateClip(request):
            answer.add(response)
        return answer


@pytest.fixture(scope="session")
def engine(tiny_engine) -> AnimationEngine:
    return tiny_engine


@pytest.fixture(scope="session")
def roomy(engine) -> Capacity:
    """A machine that carries whatever a test brings: measuring one takes a while each time."""
    costs = (WindowCost(3, 1e-6, 1e-6), WindowCost(100, 1e-6, 1e-6))
    return Capacity(model=engine.config, costs=costs, denoiser_share=0.5, budget=10.0)


@pytest.fixture
def serve(engine, roomy, tiny_package):
    """Start a server with the given limits; yields it and a connected client."""

    @asynccontextmanager
    async def start(
        *, capacity: Capacity | None = None, **settings
    ) -> AsyncIterator[tuple[AnimationServer, Client]]:
        config = ServerConfig(port=0, grace_s=0.0, model=str(tiny_package), **settings)
        server = AnimationServer(engine, config, capacity=capacity or roomy)
        await server.start()
        try:
            async with grpc.aio.insecure_channel(server.address) as channel:
                yield server, Client(channel, server.address)
        finally:
            await server.stop()

    return start


@pytest.fixture
def watched(serve):
    """Like `serve`, with the device in hand; at the end nothing of the streams may be left."""

    @asynccontextmanager
    async def start(**settings) -> AsyncIterator[tuple[AnimationServer, Client, Device]]:
        complaints: list[dict] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, told: complaints.append(told))
        tasks = asyncio.all_tasks()
        async with serve(**settings) as (server, client):
            device = Device(server)
            try:
                yield server, client, device
                device.release()
                await nothing_is_left(server, client)
            finally:
                device.release()
        gc.collect()  # asyncio complains of failures that nobody looked at when they are freed
        for _ in range(10):  # generators that were collected are closed by tasks of their own
            await asyncio.sleep(0)
        assert complaints == []
        assert asyncio.all_tasks() <= tasks, "a task is left"

    return start


async def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(2000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


@pytest.fixture(scope="session")
def until() -> Callable:
    """Wait until something is so, for at most 20 s."""
    return wait_until


async def nothing_is_left(server: AnimationServer, client: Client) -> None:
    """Wait until all streams are gone, and check all places where one could be left."""
    backend = server._backend
    await wait_until(
        lambda: (
            not (backend.admission.num_taken or server._border._tasks or backend.worker.num_queued)
        )
    )
    assert backend.admission.load == 0
    assert (await client.stub.ListStreams(pb.ListStreamsRequest())).streams == []
    value = backend.metrics.registry.get_sample_value
    assert value("posecast_load") == 0
    for mode in ("realtime", "balanced", "offline"):
        assert value("posecast_streams_open", {"mode": mode}) == 0
    families = {family.name: family for family in backend.metrics.registry.collect()}
    started, ended = [
        sum(s.value for s in families[name].samples if s.name.endswith("_total"))
        for name in ("posecast_streams_started", "posecast_streams")
    ]
    assert started == ended


@pytest.fixture
async def server(serve) -> AsyncIterator[AnimationServer]:
    async with serve() as (server, _):
        yield server


@pytest.fixture
async def client(server) -> AsyncIterator[Client]:
    async with grpc.aio.insecure_channel(server.address) as channel:
        yield Client(channel, server.address)


@pytest.fixture
def client_to() -> Callable:
    """Connect to a server of another process."""

    @asynccontextmanager
    async def connect(address: str) -> AsyncIterator[Client]:
        async with grpc.aio.insecure_channel(address) as channel:
            yield Client(channel, address)

    return connect


@pytest.fixture(scope="session")
def speech() -> Callable[[float], np.ndarray]:
    """Make a tone that swells like syllables; another for each pitch. [S], 16 kHz"""

    def make(duration_s: float, pitch_hz: float = 140.0) -> np.ndarray:
        time_s = np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        envelope = np.sin(2 * np.pi * 3.0 * time_s) ** 2
        voice = sum(np.sin(2 * np.pi * pitch_hz * k * time_s) / k for k in range(1, 6))
        return (0.2 * envelope * voice).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def pcm(speech) -> Callable[..., bytes]:
    """The same as 16-bit PCM."""

    def make(duration_s: float, pitch_hz: float = 140.0) -> bytes:
        return (speech(duration_s, pitch_hz) * 32767).astype("<i2").tobytes()

    return make


@pytest.fixture(scope="session")
def wav() -> Callable[..., bytes]:
    """A file of the given samples."""

    def make(
        samples: np.ndarray,
        sample_rate_hz: int = SAMPLE_RATE_HZ,
        file_format: str = "WAV",
        subtype: str | None = None,
    ) -> bytes:
        file = io.BytesIO()
        soundfile.write(file, samples, sample_rate_hz, format=file_format, subtype=subtype)
        return file.getvalue()

    return make
