"""A preview that runs, and a Chromium without a window to look at it."""

from __future__ import annotations

import base64
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
SPEECH = ROOT / "server" / "posecast" / "samples" / "hello.wav"
_CONTROLS_READY = "#play:not([disabled]), #microphone:not([disabled])"


def missing(what: str) -> None:
    """Without its tools a developer's run skips these tests; CI has the tools."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@contextmanager
def running_preview(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A preview in a process of its own, on a free port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "posecast", "preview", "--no-open", "--port", "0", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "server")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline()
        found = re.search(r"preview on (http://\S+/)", line)
        assert found, line + (process.stderr.read() if process.poll() is not None else "")
        yield found.group(1), process
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture(scope="session")
def preview() -> Callable:
    pytest.importorskip("aiohttp", reason="the preview needs aiohttp")
    return running_preview


@pytest.fixture(scope="session")
def url(preview) -> Iterator[str]:
    with preview() as (address, _):
        yield address


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program."""
    if importlib.util.find_spec("playwright") is None:
        missing("Playwright is not installed: pip install playwright")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        missing("Chromium is not installed: apt install chromium")
    return str(program)


@pytest.fixture(scope="module")
def browser(chromium) -> Iterator:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--enable-unsafe-swiftshader",
                "--autoplay-policy=no-user-gesture-required",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-audio-capture={SPEECH}",
                *(["--no-sandbox"] if os.geteuid() == 0 else []),
            ],
        )
        yield started
        started.close()


@pytest.fixture
def tell(capsys) -> Callable:
    """Print a figure, which is judged by people: it depends on what else the machine does."""

    def say(name: str, value: float) -> None:
        with capsys.disabled():
            print(f" {name}={value}", end="", flush=True)

    return say


class Viewer:
    """A page with what it has complained of and asked for."""

    def __init__(self, page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)
        page.on("request", lambda request: self.requests.append(request.url))

    def _hear(self, message) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def open(self, url: str) -> float:
        """Seconds until the page can be used."""
        started = time.perf_counter()
        self.page.goto(url)
        self.page.wait_for_selector(_CONTROLS_READY)
        return time.perf_counter() - started

    def ask(self, expression: str):
        """What the page's own object says: `page` in the expression."""
        return self.page.evaluate(f"posecast.then((page) => {expression})")

    def drop(self, name: str, content: bytes) -> None:
        """Drop a file on the page, as from a file manager."""
        self.page.evaluate(
            """([name, content]) => {
                const dataTransfer = new DataTransfer();
                const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
                dataTransfer.items.add(new File([bytes], name));
                const drop = new DragEvent("drop", { dataTransfer, bubbles: true });
                document.getElementById("stage").dispatchEvent(drop);
            }""",
            [name, base64.b64encode(content).decode()],
        )

    def until(self, expression: str, timeout_s: float = 15.0) -> None:
        """Wait for something to be so."""
        end = time.monotonic() + timeout_s
        while not self.ask(expression):
            assert time.monotonic() < end, f"it never came to {expression}"
            self.page.wait_for_timeout(40)

    def picture(self, place_s: float | None = None) -> np.ndarray:
        """The face's canvas at a moment of what is open. [height, width, 3]"""
        from PIL import Image

        if place_s is not None:
            self.ask(f"page.show.seek({place_s})")
        self.page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        shot = self.page.locator("#face").screenshot()
        return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), dtype=np.int16)


@pytest.fixture
def view(browser) -> Iterator[Viewer]:
    context = browser.new_context(viewport={"width": 900, "height": 560})
    viewer = Viewer(context.new_page())
    yield viewer
    context.close()


@pytest.fixture
def viewer(view, url) -> Viewer:
    """A page that is open and has nothing loaded."""
    view.open(url)
    return view
