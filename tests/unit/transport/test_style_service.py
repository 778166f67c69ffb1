"""A recording becomes a style that later requests may name."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from posecast.errors import InvalidRequest, ModelUnavailable, Overloaded
from posecast.session import style_store
from posecast.session.style_choice import choose_style
from posecast.session.style_extractor import StyleExtractor
from posecast.session.style_store import StyleStore
from posecast.signals import FaceRecording, Style
from posecast.transport import settings_codec
from posecast.transport.style_service import StyleService
from posecast.v1 import face_animation_service_pb2 as pb
from posecast.v1 import face_pb2


def request_of(seconds: float = 3.0, *, name: str = "") -> pb.EncodeStyleRequest:
    waves = 0.3 + 0.3 * np.sin(6 * np.arange(round(seconds * 30)) / 30)
    return pb.EncodeStyleRequest(
        curve_names=["jawOpen", "browInnerUp"],
        frame_rate_hz=30.0,
        frames=[face_pb2.FaceFrame(weights=[wave, 0.5]) for wave in waves.tolist()],
        name=name,
    )


@pytest.fixture
def service(tiny_engine, tiny_package) -> StyleService:
    return StyleService.of(tiny_engine, tiny_package)


class Opening:
    """Opens an extractor that finds one style in everything, and counts how often."""

    def __init__(self, style: Style) -> None:
        self.count = 0
        self._style = style

    def __call__(self) -> StyleExtractor:
        self.count += 1
        style = self._style

        class Extractor:
            def extract(self, recording: FaceRecording) -> Style:
                return style

        return Extractor()


@pytest.fixture
def opening(tiny_engine) -> Opening:
    return Opening(tiny_engine.styles.get("cheerful"))


@pytest.fixture
def counted(tiny_engine, opening) -> StyleService:
    return StyleService(StyleStore(tiny_engine.styles), opening)


def test_a_style_comes_back_that_a_stream_takes(service):
    response = service.encode(request_of())

    settings = pb.AnimationSettings(style_vector=response.style)
    style = settings_codec.style_from(settings, style_dim=16)
    assert np.ptp(style.vector) > 0
    assert response.style.HasField("blink_rate_hz")
    assert response.nearest_style_name in ("neutral", "cheerful")


def test_without_a_name_nothing_is_kept(service):
    service.encode(request_of())

    assert service.styles.names == ("neutral", "cheerful")


def test_a_named_style_can_be_named_by_streams_and_is_listed(service):
    response = service.encode(request_of(name="actor"))

    options = settings_codec.options_from(
        pb.AnimationSettings(style_name="actor"), default_mode="balanced"
    )
    chosen = choose_style(service.styles, options)
    listed = {info.name: info.description for info in service.list().styles}
    assert chosen.vector.tolist() == list(response.style.values)
    assert list(listed) == ["actor", "cheerful", "neutral"]
    assert listed["actor"] == "found in 3.0 s of a recorded face"


def test_the_nearest_style_is_the_models_own(counted):
    counted.encode(request_of(name="actor"))

    assert counted.encode(request_of()).nearest_style_name == "cheerful"


def test_the_encoder_is_opened_by_the_first_recording_and_never_again(counted, opening):
    assert counted.list().styles
    before = opening.count
    threads = [threading.Thread(target=counted.encode, args=(request_of(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (before, opening.count) == (0, 1)


def test_an_encoder_that_cannot_be_opened_is_tried_again(tiny_engine, opening):
    failures = [ModelUnavailable("no such file")]

    def open_at_second_attempt() -> StyleExtractor:
        if failures:
            raise failures.pop()
        return opening()

    service = StyleService(StyleStore(tiny_engine.styles), open_at_second_attempt)

    with pytest.raises(ModelUnavailable, match="no such file"):
        service.encode(request_of())
    assert service.encode(request_of()).nearest_style_name == "cheerful"


@pytest.mark.parametrize("name", ["neutral", "cheerful:1", "actor.npz"])
def test_a_name_that_is_not_allowed_costs_no_work(counted, opening, name):
    with pytest.raises(InvalidRequest, match="style name"):
        counted.encode(request_of(name=name))

    assert opening.count == 0


def test_a_full_store_refuses_before_any_work(counted, opening, monkeypatch):
    monkeypatch.setattr(style_store, "MAX_KEPT", 0)

    with pytest.raises(Overloaded, match="this server allows 0"):
        counted.encode(request_of(name="actor"))
    assert opening.count == 0


def test_a_recording_that_is_too_short_is_refused_and_not_kept(service):
    with pytest.raises(InvalidRequest, match="at least 2 s"):
        service.encode(request_of(1.0, name="actor"))

    assert "actor" not in service.styles.names
