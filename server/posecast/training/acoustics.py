"""What lies between a mouth and a file: room, noise, microphone, codec."""

from __future__ import annotations

import io

import numpy as np
import soundfile
import soxr

from posecast.config import SAMPLE_RATE_HZ
from posecast.signals import FloatArray
from posecast.training.noises import NOISES

_ROOM_ODDS, _NOISE_ODDS, _CLIPPING_ODDS, _CODEC_ODDS = 0.35, 0.55, 0.1, 0.35
_CODECS = ("VORBIS", "ULAW", "ALAW", "narrow")


def record(samples: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Put speech into a random room, noise, microphone and codec; it is never late afterwards.

    Args:
        samples: Clean audio at 16 kHz. [S]
        rng: Where every choice comes from.

    Returns:
        Audio at 16 kHz. [S]
    """
    sound = samples
    if rng.random() < _ROOM_ODDS:
        sound = reverberate(sound, rng)
    if rng.random() < _NOISE_ODDS:
        name = str(rng.choice(list(NOISES), p=(0.2, 0.25, 0.15, 0.4)))
        sound = add_noise(sound, NOISES[name](rng, len(sound)), rng.uniform(4, 28))
    if rng.random() < _CLIPPING_ODDS:
        peak = np.abs(sound).max() + 1e-6
        sound = np.clip(sound * rng.uniform(1.5, 8) / peak, -1, 1).astype(np.float32)
    if rng.random() < _CODEC_ODDS:
        sound = code(sound, str(rng.choice(_CODECS)), rng)
    return sound


def reverberate(samples: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A room of 0.15 to 0.8 s: direct sound, a few early reflections and a decaying tail. [S]"""
    decay_s = rng.uniform(0.15, 0.8)
    length = int(SAMPLE_RATE_HZ * decay_s)
    times = np.arange(length) / SAMPLE_RATE_HZ
    tail = rng.standard_normal(length) * np.exp(-6.9 * times / decay_s)
    tail[: int(0.004 * SAMPLE_RATE_HZ)] = 0
    tail *= np.sqrt(10 ** (-rng.uniform(0, 14) / 10) / (tail @ tail + 1e-9))
    response = tail
    response[0] = 1.0  # the direct sound keeps its time: lips must not come late
    for _ in range(rng.integers(2, 8)):
        response[min(length - 1, int(SAMPLE_RATE_HZ * rng.uniform(0.002, 0.05)))] += rng.uniform(
            -0.4, 0.5
        )
    size = len(samples) + length
    heard = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    return heard[: len(samples)].astype(np.float32)


def add_noise(samples: FloatArray, noise: FloatArray, ratio_db: float) -> FloatArray:
    """Mix noise so far below the level of the speech, its pauses not counted. [S]"""
    power = samples.astype(np.float64) ** 2
    speech = power[power > 1e-3 * power.max()].mean() if power.max() > 0 else 1e-6
    level = np.sqrt(
        speech / 10 ** (ratio_db / 10) / ((noise.astype(np.float64) ** 2).mean() + 1e-12)
    )
    return (samples + level * noise).astype(np.float32)


def code(samples: FloatArray, codec: str, rng: np.random.Generator) -> FloatArray:
    """Through a codec and back. [S]

    Args:
        samples: Audio at 16 kHz. [S]
        codec: `VORBIS` (a file of low quality), `ULAW`, `ALAW` (telephone), or `narrow`
            (a lower rate and back).
        rng: Where quality and rate come from.
    """
    scaled = samples / (np.abs(samples).max() + 1e-6) * 0.9
    if codec == "narrow":
        rate_hz = int(rng.choice([8000, 11025, 12000]))
        narrow = soxr.resample(scaled, SAMPLE_RATE_HZ, rate_hz)
        decoded = soxr.resample(narrow, rate_hz, SAMPLE_RATE_HZ)
    elif codec in ("ULAW", "ALAW"):
        narrow = soxr.resample(scaled, SAMPLE_RATE_HZ, 8000)
        decoded = soxr.resample(_round_trip(narrow, 8000, "WAV", codec), 8000, SAMPLE_RATE_HZ)
    else:
        decoded = _round_trip(scaled, SAMPLE_RATE_HZ, "OGG", codec, rng.uniform(0.6, 1.0))
    kept = decoded[: len(samples)]
    return np.pad(kept, (0, len(samples) - len(kept))).astype(np.float32)


def _round_trip(
    samples: FloatArray, rate_hz: int, container: str, codec: str, compression: float | None = None
) -> FloatArray:
    stream = io.BytesIO()
    soundfile.write(
        stream, samples, rate_hz, format=container, subtype=codec, compression_level=compression
    )
    stream.seek(0)
    decoded, decoded_rate_hz = soundfile.read(stream, dtype="float32")
    if decoded_rate_hz != rate_hz:
        decoded = soxr.resample(decoded, decoded_rate_hz, rate_hz)
    return np.asarray(decoded, np.float32)
