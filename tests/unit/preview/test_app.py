from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("aiohttp", reason="the preview needs aiohttp")

from aiohttp import ClientSession

from posecast.head.asset import head_bytes
from posecast.preview.app import Opening
from posecast.preview.site import PreviewSite
from posecast.preview.wire import unpack

SPEECH = Path(__file__).parents[3] / "server/posecast/samples/hello.wav"
NOWHERE = "127.0.0.1:9"


@pytest.fixture
async def site():
    site = PreviewSite(NOWHERE, Opening(path=SPEECH, style="sad", seed=4))
    await site.start()
    yield site
    await site.stop()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "text/html"),
        ("page.js", "text/javascript"),
        ("head.js", "text/javascript"),
        ("page.css", "text/css"),
        ("icon.svg", "image/svg+xml"),
        ("head.glb", "model/gltf-binary"),
    ],
)
async def test_the_page_has_all_its_files(site, path, kind) -> None:
    async with ClientSession() as session, session.get(site.url + path) as answer:
        assert answer.status == 200
        assert answer.content_type == kind
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


async def test_head_and_opening_are_what_they_are(site) -> None:
    async with ClientSession() as session:
        assert await (await session.get(site.url + "head.glb")).read() == head_bytes()
        opening = await (await session.get(site.url + "opening.json")).json()
        assert (opening["name"], opening["style"], opening["seed"]) == ("hello.wav", "sad", 4)
        head, samples = unpack(await (await session.get(site.url + "opening")).read())
        assert head["sampleRateHz"] == 16_000
        assert len(samples) > 100_000


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Host": "rebound.example"}, {"Origin": "null"}],
)
@pytest.mark.parametrize("path", ["", "session", "open"])
async def test_other_pages_are_refused(site, headers, path) -> None:
    async with ClientSession() as session, session.get(site.url + path, headers=headers) as answer:
        assert answer.status == 403


async def test_bad_files_are_refused_in_words(site) -> None:
    async with ClientSession() as session:
        answer = await session.post(site.url + "open?name=a.wav", data=b"no audio")
        assert answer.status == 400
        assert (await answer.json())["error"].startswith("a.wav: not audio")
        answer = await session.post(site.url + "save?suffix=.csv", data=b"no frames")
        assert answer.status == 400


async def test_without_a_file_there_is_none_to_open() -> None:
    site = PreviewSite(NOWHERE, Opening())
    await site.start()
    try:
        async with ClientSession() as session, session.get(site.url + "opening") as answer:
            assert answer.status == 404
    finally:
        await site.stop()


async def test_a_port_that_is_taken_is_an_error(site) -> None:
    other = PreviewSite(NOWHERE, Opening(), port=int(site.url.rsplit(":")[-1].strip("/")))
    with pytest.raises(OSError, match="in use"):
        await other.start()
    await other.stop()
