"""The preview's page in a real browser: what is seen, heard, told and saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.signals import FaceFrames
from posecast.takes import encode_take, read_take

SPEECH = (Path(__file__).parents[2] / "server/posecast/samples/hello.wav").read_bytes()
NOT_BLACK = 12
"""Change of a channel of 0..255 that is seen."""


def take(**curves: list[float]) -> bytes:
    """A take in which some curves have these weights, one a second."""
    seconds = len(next(iter(curves.values())))
    weights = np.zeros((seconds * 25, NUM_CURVES), np.float32)
    for name, values in curves.items():
        weights[:, CURVE_INDEX[name]] = np.repeat(np.float32(values), 25)
    head = np.tile(np.float32([0, 0, 0, 1]), (len(weights), 1))
    frames = FaceFrames(first_index=0, frame_rate_hz=25, weights=weights, head=head)
    return encode_take(frames, "curves")


def show(viewer, **curves: list[float]) -> list[np.ndarray]:
    """The pictures of a take, one a second."""
    viewer.drop("face.csv", take(**curves))
    viewer.until("page.show.kind === 'take'")
    count = len(next(iter(curves.values())))
    return [viewer.picture(second + 0.5) for second in range(count)]


def mouth(picture: np.ndarray) -> np.ndarray:
    """The region of the mouth: the middle, below the nose."""
    height, width, _ = picture.shape
    middle = width // 2
    return picture[
        int(0.62 * height) : int(0.86 * height), middle - height // 8 : middle + height // 8
    ]


def eyes(picture: np.ndarray) -> np.ndarray:
    height, width, _ = picture.shape
    middle = width // 2
    return picture[
        int(0.42 * height) : int(0.56 * height), middle - height // 4 : middle + height // 4
    ]


def change(a: np.ndarray, b: np.ndarray) -> float:
    """Share of pixels that differ so that it is seen."""
    return float((np.abs(a - b).max(axis=-1) > NOT_BLACK).mean())


def test_the_page_opens_without_a_complaint_and_asks_nobody_else(view, url, tell) -> None:
    ready_s = view.open(url)
    tell("interactive_s", round(ready_s, 2))
    view.page.wait_for_timeout(300)
    assert view.complaints == []
    assert {request.split("/")[2] for request in view.requests} == {url.split("/")[2]}
    assert ready_s < 10  # 2 s where nothing else runs


def test_the_mouth_moves_with_jaw_open_and_returns(viewer) -> None:
    rest, opened, again = show(viewer, jawOpen=[0.0, 0.5, 0.0])
    assert change(mouth(rest), mouth(opened)) > 0.15
    assert change(mouth(rest), mouth(again)) < 0.005
    assert change(eyes(rest), eyes(opened)) < 0.02


def test_lips_that_close_over_an_open_jaw_hide_the_mouth(viewer) -> None:
    opened, closed, rest = show(viewer, jawOpen=[0.3, 0.3, 0.0], mouthClose=[0.0, 0.3, 0.0])
    # The inside is teeth and dark, neither as red as skin and lips.
    inside = [(mouth(p)[..., 0] - mouth(p)[..., 2] < 25).mean() for p in (opened, closed, rest)]
    assert inside[0] > inside[2] + 0.01
    assert inside[1] < inside[2] + 0.004


def test_a_blink_shuts_the_eyes(viewer) -> None:
    rest, shut = show(viewer, eyeBlinkLeft=[0.0, 1.0], eyeBlinkRight=[0.0, 1.0])
    blue = [(eyes(p)[..., 2] > eyes(p)[..., 0] + 20).mean() for p in (rest, shut)]
    assert blue[0] > 0.002  # the irises
    assert blue[1] == 0.0
    assert change(mouth(rest), mouth(shut)) < 0.005


def test_left_is_on_the_right_of_who_looks(viewer) -> None:
    rest, wink = show(viewer, eyeBlinkLeft=[0.0, 1.0])
    moved = np.abs(rest - wink).max(axis=-1) > NOT_BLACK
    assert np.flatnonzero(moved.any(axis=0)).min() > rest.shape[1] // 2


def test_a_dropped_speech_is_spoken_in_step_with_its_sound(viewer, tell) -> None:
    viewer.drop("hello.wav", SPEECH)
    viewer.until("page.show.kind === 'speech'")
    viewer.page.click("#play")
    viewer.until("page.show.placeS > 1.5")
    places = viewer.ask("[page.show.placeS, page.drawnS, page.show.takes[0].endS]")
    assert places[2] > places[0]  # frames are there before they are due
    assert abs(places[0] - places[1]) < 0.7  # what is seen follows what is heard
    viewer.until("page.meter.syncMs !== undefined")
    tell("sync_ms", round(viewer.ask("page.meter.syncMs"), 1))
    tell("fps", round(viewer.ask("page.meter.picturesPerS()"), 1))
    tell("first_frame_ms", round(viewer.ask("page.show.firstFrameMs"), 1))
    jaw = viewer.ask(
        f"[...Array(35).keys()].map((i) => page.show.takes[0].frame(i)[{CURVE_INDEX['jawOpen']}])"
    )
    assert max(jaw) - min(jaw) > 0.1
    assert viewer.page.inner_text("#first-frame").endswith("ms")


def test_a_style_that_is_chosen_while_it_speaks_is_seen(viewer) -> None:
    smile = f"[{CURVE_INDEX['mouthSmileLeft']}]"
    viewer.drop("hello.wav", SPEECH)
    viewer.until("page.show.kind === 'speech'")
    viewer.page.select_option("#mode", "realtime")
    viewer.page.click("#play")
    viewer.until("page.show.placeS > 0.6")
    before = viewer.ask("page.show.takes[0].end")
    viewer.page.select_option("#face-0 [data-name=style]", "cheerful")
    viewer.until(f"page.show.takes[0].end > {before + 75}")
    means = viewer.ask(
        f"[[5, {before}], [{before + 40}, {before + 75}]].map(([a, b]) => {{"
        f" let sum = 0; for (let i = a; i < b; i++) sum += page.show.takes[0].frame(i){smile};"
        " return sum / (b - a); })"
    )
    assert viewer.ask("page.talk.run") == 1  # in the stream that was open
    assert means[1] > means[0] + 0.1


def test_two_styles_stand_side_by_side(viewer) -> None:
    viewer.drop("hello.wav", SPEECH)
    viewer.until("page.show.kind === 'speech'")
    viewer.page.check("#compare")
    names = viewer.page.inner_text("#names").split()
    assert len(names) == len(set(names)) == 2
    viewer.page.click("#play")
    viewer.until("page.show.takes.every((take) => take.end > 60)")
    viewer.page.click("#play")
    picture = viewer.picture(2.0)
    halves = np.array_split(picture, 2, axis=1)
    skin = [(half[..., 0] > half[..., 2] + 25).mean() for half in halves]
    assert min(skin) > 0.1
    assert change(*(half[:, : min(h.shape[1] for h in halves)] for half in halves)) > 0.01


def test_the_microphone_moves_the_face_and_its_take_is_saved(viewer, tmp_path, tell) -> None:
    viewer.page.click("#microphone")
    viewer.until("page.show.kind === 'microphone' && page.show.takes[0].end > 50", 25)
    tell("behind_voice_ms", round(viewer.ask("page.show.behindVoiceS * 1000")))
    assert viewer.page.get_attribute("#microphone", "aria-pressed") == "true"
    viewer.page.click("#record")
    viewer.until("page.show.takes[0].end > 80", 25)
    with viewer.page.expect_download() as download:
        viewer.page.click("#record")
    path = tmp_path / "face.csv"
    download.value.save_as(path)
    recorded = read_take(path)
    assert len(recorded) > 5
    assert recorded.frame_rate_hz == 25
    viewer.page.click("#microphone")
    assert viewer.ask("page.show.kind") == "take"
    jaw = viewer.ask(
        f"[...Array(80).keys()].map((i) => page.show.takes[0].frame(i)[{CURVE_INDEX['jawOpen']}])"
    )
    assert max(jaw) - min(jaw) > 0.05


def test_a_take_is_saved_in_every_format(viewer, tmp_path) -> None:
    viewer.drop("face.csv", take(jawOpen=[0.1, 0.4]))
    viewer.until("page.show.kind === 'take'")
    beginnings = {
        ".csv": b"time",
        ".json": b'{"fr',
        ".npz": b"PK",
        ".glb": b"glTF",
        ".usda": b"#usd",
    }
    for suffix, beginning in beginnings.items():
        viewer.page.select_option("#format", suffix)
        with viewer.page.expect_download() as download:
            viewer.page.click("#save")
        assert download.value.suggested_filename == f"face-face{suffix}"
        path = tmp_path / f"face{suffix}"
        download.value.save_as(path)
        assert path.read_bytes().startswith(beginning)
        if suffix in (".csv", ".json", ".npz"):
            assert len(read_take(path)) == 50


def test_bad_files_are_told_and_leave_the_page_usable(viewer) -> None:
    for name, content, told in (
        ("talk.wav", b"this is no audio at all, whatever its name says", "not audio"),
        ("song.mp3", b"ID3" + bytes(100), "not audio"),
        ("face.csv", b"time,jawOpen\n0,0.1\n", "column 'eyeBlinkLeft' must be there once"),
        ("empty.wav", b"", "the file is empty"),
        ("face.npz", b"PK", "not an npz file"),
    ):
        viewer.drop(name, content)
        viewer.page.wait_for_selector("#alert:not([hidden])")
        assert viewer.page.inner_text("#alert-text").startswith(f"{name}: {told}")
        viewer.page.click("#dismiss")
    assert viewer.page.get_attribute("#alert", "role") == "alert"
    viewer.drop("hello.wav", SPEECH)
    viewer.until("page.show.kind === 'speech'")
    assert viewer.page.is_hidden("#alert")
    assert viewer.page.is_enabled("#play")


def test_a_huge_file_is_refused_before_it_is_sent(viewer) -> None:
    before = len(viewer.requests)
    viewer.ask("page.openFile({ name: 'huge.wav', size: 3e9 })")
    assert viewer.page.inner_text("#alert-text") == "huge.wav: 3000 MB; allowed: 268 MB"
    assert len(viewer.requests) == before


def test_everything_is_reached_by_keyboard(viewer) -> None:
    viewer.drop("face.csv", take(jawOpen=[0.1, 0.4, 0.0]))
    viewer.until("page.show.kind === 'take'")
    viewer.page.keyboard.press("Space")
    viewer.until("page.show.isPlaying")
    assert viewer.page.inner_text("#play") == "Pause"
    viewer.page.keyboard.press("Space")
    assert viewer.ask("page.show.isPlaying") is False
    viewer.page.keyboard.press("b")
    assert viewer.page.is_checked("#compare")
    reached = []
    for _ in range(22):
        viewer.page.keyboard.press("Tab")
        reached.append(
            viewer.page.evaluate("document.activeElement.id || document.activeElement.dataset.name")
        )
    assert {
        "play",
        "microphone",
        "file",
        "style",
        "seed",
        "compare",
        "mode",
        "save",
        "timeline",
    } <= {*reached}
    viewer.page.focus("#timeline")
    viewer.page.keyboard.press("Home")
    viewer.page.keyboard.press("ArrowRight")
    assert viewer.ask("page.show.placeS") == pytest.approx(0.5)


def test_screen_readers_are_told_what_there_is(viewer) -> None:
    tree = viewer.page.locator("body").aria_snapshot()
    for told in (
        'button "Microphone"', 'combobox "Style"', 'slider "Strength', 'spinbutton "Seed',
        'checkbox "Compare two styles side by side"', 'slider "Position in the speech"',
        'img "A head that speaks. No speech is loaded."', 'combobox "File format"', "status",
    ):  # fmt: skip
        assert told in tree, tree


def test_a_server_that_is_not_there_is_told_and_takes_still_play(preview, view) -> None:
    with preview("--server", "127.0.0.1:9") as (url, _):
        view.page.goto(url)
        view.page.wait_for_selector("#alert:not([hidden])")
        assert view.page.inner_text("#alert-text") == "no server at 127.0.0.1:9"
        rest, opened = show(view, jawOpen=[0.0, 0.5])
        assert change(mouth(rest), mouth(opened)) > 0.1


def test_a_server_that_goes_is_told(preview, view) -> None:
    with preview(str(Path(__file__).parents[2] / "server/posecast/samples/hello.wav")) as (
        url,
        process,
    ):
        view.open(url)
        view.page.wait_for_selector("#play:not([disabled])")
        view.page.click("#play")
        view.until("page.show.placeS > 0.2")
        process.terminate()
        view.page.wait_for_selector("#alert:not([hidden])")
        assert "server is gone" in view.page.inner_text("#alert-text")
        view.until("!page.show.isPlaying")
        assert "trying again" in view.page.inner_text("#server")
