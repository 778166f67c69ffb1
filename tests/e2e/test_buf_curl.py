"""The service from a shell, with `buf curl` in the part of grpcurl: reflection, JSON, streaming."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

SERVICE = "posecast.v1.FaceAnimationService"
PROTOS = Path(__file__).parents[2] / "protos"


@pytest.fixture(scope="session")
def buf() -> str:
    local = shutil.which("buf", path=str(PROTOS / "node_modules" / ".bin"))
    found = local or shutil.which("buf")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("buf is not installed: npm ci --prefix protos")
    if found is None:
        pytest.skip("buf is not installed: npm ci --prefix protos")
    return found


@pytest.fixture
def command(buf, server):
    """The command line for a path of the server."""

    def make(path: str, *arguments: str) -> list[str]:
        url = f"http://{server.address}/{path}"
        return [buf, "curl", "--protocol", "grpc", "--http2-prior-knowledge", *arguments, url]

    return make


@pytest.fixture
def curl(command):
    """Run `buf curl` to its end, beside the server's event loop."""

    async def run(
        path: str, *arguments: str, data: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        return await asyncio.to_thread(
            subprocess.run,
            command(path, *arguments),
            input=data,
            capture_output=True,
            timeout=60,
        )

    return run


def documents(text: str) -> list[dict]:
    """JSON documents that follow one another."""
    decoder, found = json.JSONDecoder(), []
    while text := text.lstrip():
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:]
    return found


async def test_services_can_be_listed(curl):
    done = await curl("", "--list-services")

    assert done.returncode == 0, done.stderr
    assert set(done.stdout.decode().split()) >= {SERVICE, "grpc.health.v1.Health"}


async def test_methods_can_be_listed(curl):
    done = await curl("", "--list-methods")

    assert done.returncode == 0, done.stderr
    names = {"Animate", "AnimateClip", "ListStyles", "GetServerInfo"}
    assert set(done.stdout.decode().split()) >= {f"{SERVICE}/{name}" for name in names}


@pytest.mark.parametrize("service", ["", SERVICE])
async def test_health_can_be_checked(curl, service):
    request = json.dumps({"service": service})
    done = await curl("grpc.health.v1.Health/Check", "-d", request)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"status": "SERVING"}


async def test_info_and_styles_are_readable(curl, engine):
    info = await curl(f"{SERVICE}/GetServerInfo", "-d", "{}")
    styles = await curl(f"{SERVICE}/ListStyles", "-d", "{}")

    assert json.loads(info.stdout)["model"]["name"] == engine.config.name
    names = [style["name"] for style in json.loads(styles.stdout)["styles"]]
    assert names == sorted(engine.styles.names)


async def test_a_wav_goes_through_animate_clip(curl, speech, wav):
    file = base64.b64encode(wav(speech(1.0))).decode()
    request = {"file": file, "settings": {"frameRateHz": 30, "seed": "7"}}

    done = await curl(f"{SERVICE}/AnimateClip", "-d", "@-", data=json.dumps(request).encode())

    assert done.returncode == 0, done.stderr
    header, *batches, end = documents(done.stdout.decode())
    assert header["header"]["rig"]["curveNames"][17] == "jawOpen"
    assert header["header"]["seed"] == "7"
    frames = [frame for batch in batches for frame in batch["frames"]["frames"]]
    assert [int(frame.get("index", 0)) for frame in frames] == list(range(30))
    assert all(len(frame["weights"]) == 52 for frame in frames)
    assert end == {"end": {"numFrames": "30", "audioDurationS": 1}}


def talk(command: list[str], requests: list[dict], pause_s: float) -> tuple[str, str]:
    """Write requests at a pace; gives what came before stdin was closed, and what came after."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for request in requests:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            time.sleep(pause_s)
        early = b""
        while b'"end"' not in early and (more := process.stdout.read1(65_536)):
            early += more
        late, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    return early.decode(), late.decode()


async def test_a_paced_animate_streams_both_ways(command, pcm):
    audio_format = {"encoding": "AUDIO_ENCODING_PCM_S16LE", "sampleRateHz": 16_000}
    settings = {"latencyMode": "LATENCY_MODE_REALTIME"}
    data = pcm(1.0)
    chunks = [data[start : start + 640] for start in range(0, len(data), 640)]  # 20 ms
    requests = [
        {"config": {"audioFormat": audio_format, "settings": settings}},
        *({"audio": {"data": base64.b64encode(chunk).decode()}} for chunk in chunks),
        {"endOfUtterance": {}},
    ]

    early, late = await asyncio.to_thread(
        talk, command(f"{SERVICE}/Animate", "-d", "@-"), requests, 0.02
    )

    assert '"end"' in early, "everything is there before the stream is half-closed"
    header, *batches, end = documents(early + late)
    assert header["header"]["latencyMode"] == "LATENCY_MODE_REALTIME"
    assert len(batches) > 1, "frames come as they are known"
    assert sum(len(batch["frames"]["frames"]) for batch in batches) == 25
    assert end == {"end": {"numFrames": "25", "audioDurationS": 1}}


async def test_an_unknown_field_is_refused(curl):
    done = await curl(f"{SERVICE}/AnimateClip", "-d", '{"fiel": ""}')

    assert done.returncode != 0
    assert "fiel" in done.stderr.decode()


async def test_an_error_explains_itself(curl):
    request = '{"file": "YWJj", "settings": {"styleName": "grumpy"}}'

    done = await curl(f"{SERVICE}/AnimateClip", "-d", request)

    assert done.returncode != 0
    problem = json.loads(done.stderr)
    assert problem["code"] == "invalid_argument"
    assert "grumpy" in problem["message"]
    assert "neutral" in problem["message"]
