"""Pictures of the head, drawn by a headless Chromium with the page's own code."""

from __future__ import annotations

import base64
import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posecast.errors import MissingDependency, PosecastError
from posecast.head.asset import head_bytes
from posecast.signals import FloatArray

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright, Route

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_SITE = "http://posecast.invalid"
"""No such machine: all that the page asks for is answered from the package."""
_PAGE = '<!doctype html><title>posecast</title><script type="module" src="/render.js"></script>'


class Camera:
    """Draws one face at a time, always from the front."""

    def __init__(self, page: Any) -> None:
        """`open_camera` makes cameras."""
        self._page = page

    def picture(self, weights: FloatArray, head: FloatArray) -> bytes:
        """Draw a face.

        Args:
            weights: The curves. [C], 0..1
            head: Unit quaternion (x, y, z, w). [4]

        Returns:
            A PNG file.
        """
        drawn = self._page.evaluate(
            "([weights, head]) => picture(weights, head)", [weights.tolist(), head.tolist()]
        )
        return base64.b64decode(drawn)


@contextmanager
def open_camera(width: int, height: int) -> Iterator[Camera]:
    """Start a browser without a window.

    Args:
        width: Of a picture, in pixels.
        height: Of a picture, in pixels.

    Yields:
        The camera.

    Raises:
        MissingDependency: If Playwright or Chromium is not installed.
        PosecastError: If the browser cannot draw.
    """
    check_can_draw()
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = _launch(playwright)
        except Error as error:
            raise PosecastError(f"Chromium does not start: {error.message}") from error
        try:
            page = browser.new_page()
            page.route("**/*", _answer)
            page.goto(f"{_SITE}/")
            glb = base64.b64encode(head_bytes()).decode()
            page.evaluate(
                "([glb, width, height]) => begin(glb, width, height)", [glb, width, height]
            )
            yield Camera(page)
        except Error as error:
            raise PosecastError(f"Chromium cannot draw the face: {error.message}") from error
        finally:
            browser.close()


def check_can_draw() -> None:
    """Refuse before the work what drawing would refuse after it.

    Raises:
        MissingDependency: If Playwright is not installed.
    """
    if importlib.util.find_spec("playwright") is None:
        raise MissingDependency("Playwright is needed to draw: pip install 'posecast[render]'")


def _launch(playwright: Playwright) -> Browser:
    found = next((path for name in _PROGRAMS if (path := shutil.which(name))), None)
    if found is None and not Path(playwright.chromium.executable_path).exists():
        raise MissingDependency(
            "Chromium is needed to draw: apt install chromium, or playwright install chromium"
        )
    arguments = ["--enable-unsafe-swiftshader"]  # draws without a graphics card where there is none
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium refuses to run as root with it
    return playwright.chromium.launch(executable_path=found, args=arguments)


def _answer(route: Route) -> None:
    name = route.request.url.removeprefix(f"{_SITE}/")
    if name == "":
        route.fulfill(body=_PAGE, content_type="text/html")
    elif name in ("render.js", "head.js"):
        content = (resources.files("posecast.preview") / "static" / name).read_bytes()
        route.fulfill(body=content, content_type="text/javascript")
    else:
        route.abort()
