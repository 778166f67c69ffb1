"""Audio that comes back with its frames, and streams beside one another."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from posecast.v1 import audio_pb2


@pytest.mark.parametrize("frame_rate_hz", [25, 30, 60])
@pytest.mark.parametrize(
    ("encoding", "rate_hz", "num_channels", "frame_bytes"),
    [("PCM_S16LE", 16_000, 1, 2), ("PCM_F32LE", 44_100, 2, 8), ("MULAW", 8_000, 1, 1)],
)
async def test_audio_comes_back_with_its_frames(
    client, frame_rate_hz, encoding, rate_hz, num_channels, frame_bytes
):
    rng = np.random.default_rng(1)
    samples = (0.1 * rng.standard_normal(rate_hz * 3 // 2 * num_channels)).astype("<f4")
    data = samples.tobytes() if encoding == "PCM_F32LE" else samples.tobytes()[: len(samples)]
    data = data[: len(data) // frame_bytes * frame_bytes]
    config = client.config(
        sample_rate_hz=rate_hz,
        num_channels=num_channels,
        encoding=audio_pb2.AudioEncoding.Value(f"AUDIO_ENCODING_{encoding}"),
        frame_rate_hz=frame_rate_hz,
        returns_audio=True,
    )
    chunks = [data[start : start + 1001] for start in range(0, len(data), 1001)]

    answer = await client.animate([config, *map(client.audio, chunks), client.end()])

    assert b"".join(batch.audio for batch in answer.batches) == data
    num_bytes = 0
    for batch in answer.batches[:-1]:
        num_bytes += len(batch.audio)
        last = batch.frames[-1].index
        assert num_bytes == (last + 1) * rate_hz // frame_rate_hz * frame_bytes


async def test_no_audio_comes_back_unasked(client, pcm):
    answer = await client.animate([client.config(), client.audio(pcm(0.5))])

    assert not any(batch.audio for batch in answer.batches)


async def test_streams_beside_one_another_give_the_faces_that_they_give_alone(client, pcm):
    requests = [
        [
            client.config(seed=seed, latency_mode=mode, frame_rate_hz=30),
            *(client.audio(pcm(2.0, pitch)[at : at + 3_000]) for at in range(0, 64_000, 3_000)),
        ]
        for seed, pitch, mode in (
            (1, 120.0, "LATENCY_MODE_REALTIME"),
            (2, 150.0, "LATENCY_MODE_REALTIME"),
            (3, 180.0, "LATENCY_MODE_BALANCED"),
            (4, 210.0, "LATENCY_MODE_BALANCED"),
            (5, 240.0, "LATENCY_MODE_REALTIME"),
        )
    ]
    alone = [await client.animate(own) for own in requests]

    together = await asyncio.gather(*(client.animate(own) for own in requests))

    for one, other in zip(alone, together, strict=True):
        # Sums over a batch are rounded in another order.
        np.testing.assert_allclose(one.values(), other.values(), atol=1e-4)
