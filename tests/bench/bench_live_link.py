"""How far from their media times Live Link frames leave: `python tests/bench/bench_live_link.py`.

Prints one JSON line for each case. `paced` queues faces at once and does nothing else; `microphone`
speaks to a server in realtime mode as fast as a microphone does, and counts the frames that were
made too late, too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import resources

import numpy as np

from posecast.audio.clip import read_clip
from posecast.config import AnimationOptions, ServerConfig
from posecast.livelink_settings import LiveLinkSettings
from posecast.rig.arkit import NUM_CURVES
from posecast.session.engine import AnimationEngine
from posecast.signals import FaceFrames, Waveform
from posecast.transport.client import stream_waveform
from posecast.transport.outlets.counts import OutletCounts
from posecast.transport.outlets.opening import open_outlets
from posecast.transport.server import AnimationServer

RATE_HZ = 60


class KeptCounts(OutletCounts):
    """Keeps every frame's release error."""

    def __init__(self) -> None:
        super().__init__("bench")
        self.errors_ms: list[float] = []

    def sent(self, lateness_s: float) -> None:
        self.errors_ms.append(1000 * lateness_s)
        super().sent(lateness_s)


def main() -> None:
    """Measure every case and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    args = parser.parse_args()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))  # what it does not read is thrown away
        address = f"127.0.0.1:{receiver.getsockname()[1]}"
        for num_faces in (1, 4, 16):
            counts = asyncio.run(pace(address, num_faces, args.seconds))
            report("paced", num_faces, counts)
        engine = AnimationEngine.load("default", "cpu")
        for num_faces in (1, 4):
            report("microphone", num_faces, asyncio.run(speak(address, engine, num_faces)))


async def pace(address: str, num_faces: int, seconds: float) -> KeptCounts:
    """Queue everything, and wait."""
    counts = KeptCounts()
    receiver = LiveLinkSettings(address=address), counts
    (outlet,) = await open_outlets([receiver], most_queued_s=math.inf)
    num_frames = round(seconds * RATE_HZ)
    frames = FaceFrames(
        first_index=0,
        frame_rate_hz=RATE_HZ,
        weights=np.full((num_frames, NUM_CURVES), 0.1, np.float32),
        head=np.tile(np.array([0, 0, 0, 1], np.float32), (num_frames, 1)),
    )
    for _ in range(num_faces):
        outlet.open().speak(0, frames, arrived_s=-math.inf)
        await asyncio.sleep(0.0137)  # faces are not in step
    await outlet.wait_silent()
    await outlet.close()
    return counts


async def speak(address: str, engine: AnimationEngine, num_faces: int) -> KeptCounts:
    """Serve as many clients that speak the bundled sample at its own pace."""
    counts = KeptCounts()
    server = AnimationServer(engine, ServerConfig(port=0, live_link=address))
    await server.start()
    (outlet,) = server._backend.outlets
    outlet._counts = counts
    with resources.as_file(resources.files("posecast") / "samples" / "hello.wav") as path:
        waveform = read_clip(path, max_duration_s=60.0)
    options = AnimationOptions(seed=1, mode="realtime", frame_rate_hz=RATE_HZ)
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(num_faces) as pool:
        await asyncio.gather(
            *(
                loop.run_in_executor(
                    pool, listen, server.address, waveform, options, 0.031 * number
                )
                for number in range(num_faces)
            )
        )
    await outlet.wait_silent()
    await server.stop()
    return counts


def listen(address: str, waveform: Waveform, options: AnimationOptions, wait_s: float) -> None:
    """One client, begun a little after the one before."""
    time.sleep(wait_s)
    stream_waveform(address, waveform, options, is_paced=True)


def report(case: str, num_faces: int, counts: KeptCounts) -> None:
    """Print one line."""
    p50, p95, p99 = np.percentile(counts.errors_ms, (50, 95, 99))
    print(
        json.dumps(
            {
                "bench": "live link",
                "case": case,
                "faces": num_faces,
                "frame_rate_hz": RATE_HZ,
                "frames": len(counts.errors_ms),
                "release_error_p50_ms": round(float(p50), 3),
                "release_error_p95_ms": round(float(p95), 3),
                "release_error_p99_ms": round(float(p99), 3),
                "worst_ms": round(max(counts.errors_ms), 3),
                "late": counts.num("late"),
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    main()
