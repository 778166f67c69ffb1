"""What a live stream does with each thing that its client sends, and while it sends nothing."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from posecast.audio.pcm import AudioFormat
from posecast.config import ServerConfig
from posecast.errors import InvalidRequest, Overloaded
from posecast.transport.live_stream import LiveStream, choices_from, style_name_of
from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as pb

END = pb.AnimateRequest(end_of_utterance=pb.EndOfUtterance())
INTERRUPT = pb.AnimateRequest(interrupt=pb.Interrupt())
FORMAT = AudioFormat(encoding="pcm_s16le", sample_rate_hz=16_000, num_channels=1)


def audio(num_bytes):
    return pb.AnimateRequest(audio=audio_pb2.AudioChunk(data=bytes(num_bytes)))


class FakeStream:
    """Takes 100 samples at a time, notes what it is told, and can be made to wait."""

    frame_rate_hz = 25
    num_wanted = 100

    def __init__(self):
        self.told = []
        self.is_open = False
        self.media_end_s = 0.0
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting = asyncio.Event()
        self.has_idled, self.has_ended = asyncio.Event(), asyncio.Event()
        self.eases = False

    @property
    def has_begun(self):
        return self.is_open

    def drop_window(self):
        self.told.append("drop")
        self.gate.set()

    async def feed(self, samples, started_s, tail):
        self.is_open = True
        self.told.append(("feed", len(samples)))
        self.waiting.set()
        await self.gate.wait()

    async def end_utterance(self):
        self.is_open = False
        self.told.append("end")
        self.has_ended.set()

    async def stop(self, frame_index, utterance_index, num_utterances):
        self.is_open = False
        self.told.append(("stop", frame_index, utterance_index, num_utterances))
        return self.eases

    async def send_idle(self, num_frames):
        self.told.append("idle")
        self.has_idled.set()

    def change(self, options, style):
        self.told.append(("change", options.style_strength))


class Clock:
    """Stands in the place of the module `time`."""

    def __init__(self, monkeypatch):
        self.now_s = 1_000.0
        monkeypatch.setattr("posecast.transport.live_stream.time", self)

    def monotonic(self):
        return self.now_s


@pytest.fixture
def stream():
    return FakeStream()


@pytest.fixture
def live(tiny_engine, stream):
    def start(*, idles=False, max_idle_s=0):
        backend = SimpleNamespace(
            engine=tiny_engine,
            styles=SimpleNamespace(styles=tiny_engine.styles),
            config=ServerConfig(max_idle_s=max_idle_s),
            admission=SimpleNamespace(load=0.5),
            metrics=SimpleNamespace(
                interrupt_answered=lambda _: stream.told.append("answered"),
                set_load=lambda load: stream.told.append(("load", load)),
            ),
        )
        opened = SimpleNamespace(
            backend=backend,
            entry=SimpleNamespace(buffered_s=0.0, style_name=""),
            span=SimpleNamespace(note=lambda _: None),
            place=SimpleNamespace(reserve=lambda _: None),
        )
        return LiveStream(opened, pb.AnimateConfig(idles=idles), audio_format=FORMAT, stream=stream)

    return start


async def send(*requests, pause=None):
    for request in requests:
        yield request
    if pause is not None:
        await pause.wait()


async def test_audio_is_fed_in_the_pieces_that_are_wanted_and_the_rest_is_ended(live, stream):
    await live().run(send(audio(500)))

    assert stream.told == [("feed", 100), ("feed", 100), ("feed", 50), "end"]


async def test_each_end_is_told_also_of_nothing(live, stream):
    await live().run(send(END, audio(100), END, END))

    assert stream.told == ["end", ("feed", 50), "end", "end"]


async def test_half_a_sample_at_an_end_is_refused(live, stream):
    with pytest.raises(InvalidRequest, match="1 bytes"):
        await live().run(send(audio(101), END))


async def test_an_interrupt_drops_the_window_at_once_and_half_a_sample_with_it(live, stream):
    stream.gate.clear()
    sending = asyncio.Event()

    async def requests():
        yield audio(301)
        await stream.waiting.wait()  # the first window is being made
        yield INTERRUPT
        yield audio(200)
        sending.set()

    await live().run(requests())

    assert stream.told == [
        ("feed", 100), "drop", ("stop", None, None, 1), ("feed", 100), "end",
    ]  # fmt: skip


async def test_an_interrupt_counts_what_waited_behind_the_open_utterance(live, stream):
    stream.gate.clear()

    async def requests():
        yield audio(300)
        yield END
        yield audio(100)
        yield END
        yield audio(10)
        await stream.waiting.wait()
        yield INTERRUPT

    await live().run(requests())

    assert stream.told[-1] == ("stop", None, None, 3)


async def test_an_interrupt_of_nothing_stops_nothing(live, stream):
    await live().run(send(INTERRUPT, INTERRUPT))

    assert [told for told in stream.told if told != "drop"] == [("stop", None, None, 0)] * 2


async def test_only_an_interrupt_that_eased_is_timed(live, stream):
    stream.eases = True

    await live().run(send(INTERRUPT))

    assert stream.told == ["drop", ("stop", None, None, 0), "answered"]


async def test_an_update_keeps_its_place_and_tells_the_new_load(live, stream):
    update = pb.SettingsUpdate(settings=pb.AnimationSettings(style_strength=0.5))

    await live().run(send(audio(100), pb.AnimateRequest(update=update), audio(100)))

    assert stream.told == [("feed", 50), ("load", 0.5), ("change", 0.5), ("feed", 50), "end"]


async def test_a_failure_of_the_stream_ends_the_reader_too(live, stream):
    stream.feed = None  # calling it raises

    with pytest.raises(TypeError):
        await live().run(send(audio(500), pause=asyncio.Event()))

    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_stream_that_is_cancelled_while_a_window_is_made_leaves_no_task(live, stream):
    stream.gate.clear()
    running = asyncio.create_task(live().run(send(audio(500), pause=asyncio.Event())))
    await stream.waiting.wait()

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_client_that_is_silent_too_long_is_refused(live, stream):
    with pytest.raises(Overloaded, match="sent nothing for 1 s; this server allows 1"):
        await live(max_idle_s=1.0).run(send(audio(150), pause=asyncio.Event()))

    assert stream.told == [], "150 bytes are not what the first window wants"


async def test_a_long_idle_time_that_was_missed_is_not_made_up_for(live, stream, monkeypatch):
    clock, pause = Clock(monkeypatch), asyncio.Event()
    running = asyncio.create_task(live(idles=True).run(send(pause=pause)))
    await stream.has_idled.wait()

    clock.now_s += 3_600.0  # the machine slept, or nobody read
    await asyncio.sleep(0.3)
    pause.set()
    await asyncio.wait_for(running, 10)

    # On a clock that stands one comes every 0.1 s, and two more are due; an hour would be 36 000.
    assert stream.told.count("idle") < 100


async def test_speech_after_an_hour_of_idle_life_is_next(live, stream, monkeypatch):
    clock, speaks = Clock(monkeypatch), asyncio.Event()

    async def requests():
        await speaks.wait()
        yield audio(200)

    running = asyncio.create_task(live(idles=True).run(requests()))
    await stream.has_idled.wait()
    clock.now_s += 3_600.0
    speaks.set()
    await asyncio.wait_for(running, 10)

    assert stream.told[-2:] == [("feed", 100), "end"]
    assert stream.told.count("idle") < 10, "an hour would be 36 000"


async def test_idle_life_begins_when_the_utterance_has_been_heard(live, stream, monkeypatch):
    clock, pause = Clock(monkeypatch), asyncio.Event()
    stream.media_end_s = clock.now_s + 60.0
    running = asyncio.create_task(live(idles=True).run(send(audio(200), END, pause=pause)))
    await stream.has_ended.wait()
    after = len(stream.told)

    await asyncio.sleep(0.05)
    assert stream.told[after:] == []
    pause.set()
    await asyncio.wait_for(running, 10)


@pytest.mark.parametrize("request_", [END, INTERRUPT], ids=["an end", "an interrupt"])
async def test_nothing_does_not_hurry_an_idle_face(live, stream, monkeypatch, request_):
    Clock(monkeypatch)  # it stands: only the first idle frames are due, and more in 0.1 s

    async def requests():
        for _ in range(20):
            await asyncio.sleep(0.002)
            yield request_

    await live(idles=True).run(requests())

    assert stream.told.count("idle") < 10, "not one for each"


def test_a_style_is_named_as_the_client_named_it(tiny_engine):
    named, own = pb.AnimationSettings(style_name="a:0.5,b:0.5"), pb.AnimationSettings()
    own.style_vector.values.append(0.5)

    names = [style_name_of(settings) for settings in (named, own, pb.AnimationSettings())]

    assert names == ["a:0.5,b:0.5", "", "neutral"]


def test_an_unknown_style_is_refused(tiny_engine):
    backend = SimpleNamespace(engine=tiny_engine, styles=SimpleNamespace(styles=tiny_engine.styles))

    with pytest.raises(InvalidRequest, match="grumpy"):
        choices_from(backend, pb.AnimationSettings(style_name="grumpy"), default_mode="balanced")
