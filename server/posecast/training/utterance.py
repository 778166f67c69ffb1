"""One labelled utterance as the trainings use it, and the shards they are stored in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from posecast.conditioning.log_mel import HOP_SAMPLES, TAIL_SAMPLES, log_mel
from posecast.config import SAMPLE_RATE_HZ
from posecast.signals import FloatArray
from posecast.training.phones import Segment

NUM_MEL_BANDS = 80
_LEVEL_STEP, _LOWEST_LEVEL = np.float16(0.5), np.float16(-16.5)
_PITCH_WINDOW_SAMPLES = 640
_PITCH_FFT_SAMPLES = 1280
LOWEST_PITCH_HZ = 65
HIGHEST_PITCH_HZ = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """Spectrum, pitch and phones of one utterance."""

    mel: np.ndarray
    """Log-mel spectrum at 100 hops a second. [T, 80], float16"""
    pitch_hz: np.ndarray
    """Fundamental frequency; 0 where there is none. [T], float16"""
    segments: FloatArray
    """Phone class (-1: not to be trusted), start and end in seconds. [N, 3]"""
    engine: str
    """Where the voice comes from, e.g. `espeak` or `librispeech`."""
    speaker: str
    """Voice or speaker, unique within the engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What an engine or a recording gives: sound and the phones in it."""

    samples: FloatArray
    """Mono audio of any level. [S]"""
    sample_rate_hz: int
    """Samples in a second."""
    segments: list[Segment]
    """Phones, in order."""
    engine: str
    """Where the voice comes from, e.g. `espeak` or `librispeech`."""
    speaker: str
    """Voice or speaker, unique within the engine."""


def make_utterance(
    samples: FloatArray,
    sample_rate_hz: int,
    segments: list[Segment],
    *,
    engine: str,
    speaker: str,
    speed: float = 1.0,
) -> Utterance:
    """Measure an utterance, played `speed` times as fast (pitch and formants move along).

    Args:
        samples: Mono audio of any level. [S]
        sample_rate_hz: Its rate.
        segments: Its phones.
        engine: Where it comes from.
        speaker: Who speaks.
        speed: Factor of tempo, pitch and formants.

    Returns:
        The utterance, its peak at 0.7 of full scale.
    """
    peak = float(np.abs(samples).max()) + 1e-6
    scaled = samples.astype(np.float32) / peak * 0.7
    if sample_rate_hz * speed != SAMPLE_RATE_HZ:
        scaled = soxr.resample(scaled, sample_rate_hz * speed, SAMPLE_RATE_HZ, quality="MQ")
    scaled = scaled[: len(scaled) // (4 * HOP_SAMPLES) * 4 * HOP_SAMPLES]
    kept = [(phone, start / speed, end / speed) for phone, start, end in segments if end > start]
    mel = log_mel(scaled, np.zeros(TAIL_SAMPLES, np.float32), NUM_MEL_BANDS)
    return Utterance(
        mel=mel.astype(np.float16),
        pitch_hz=pitch(scaled).astype(np.float16),
        segments=np.array(kept, np.float32).reshape(-1, 3),
        engine=engine,
        speaker=speaker,
    )


def pitch(samples: FloatArray) -> FloatArray:
    """Fundamental frequency by autocorrelation below 1.2 kHz.

    Args:
        samples: Audio at 16 kHz, a multiple of 160 samples. [S]

    Returns:
        Frequency of each hop of 10 ms, in Hz; 0 where the sound is not voiced. [S / 160]
    """
    padded = np.pad(samples, (240, 240))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _PITCH_WINDOW_SAMPLES)
    windows = windows[::HOP_SAMPLES][: len(samples) // HOP_SAMPLES]
    centred = (windows - windows.mean(1, keepdims=True)) * np.hanning(_PITCH_WINDOW_SAMPLES)
    power = np.abs(np.fft.rfft(centred.astype(np.float32), _PITCH_FFT_SAMPLES)) ** 2
    power[:, 96:] = 0  # 1.2 kHz
    correlation = np.fft.irfft(power, _PITCH_FFT_SAMPLES)[:, : SAMPLE_RATE_HZ // LOWEST_PITCH_HZ]
    energy = correlation[:, :1] + 1e-9
    first = SAMPLE_RATE_HZ // HIGHEST_PITCH_HZ
    lags = correlation[:, first:].argmax(1) + first
    height = np.take_along_axis(correlation, lags[:, None], 1)[:, 0] / energy[:, 0]
    voiced = (height > 0.5) & (energy[:, 0] > 1e-3)
    return np.where(voiced, SAMPLE_RATE_HZ / lags, 0).astype(np.float32)


def save_shard(path: Path, utterances: list[Utterance]) -> None:
    """Write utterances to one uncompressed .npz, whole or not at all.

    Spectra are kept in bytes, in steps of 0.5 (2.2 dB, an error of 0.6 dB; the grain of a spectrum
    of 25 ms is ten times that): half of the memory, and `packing` makes little of it.
    """
    partial = path.with_suffix(".partial.npz")
    np.savez(
        partial,
        levels=_to_levels(np.concatenate([u.mel for u in utterances])),
        pitch_hz=np.concatenate([u.pitch_hz for u in utterances]),
        segments=np.concatenate([u.segments for u in utterances]),
        num_hops=np.array([len(u.mel) for u in utterances]),
        num_segments=np.array([len(u.segments) for u in utterances]),
        engine=np.array([u.engine for u in utterances]),
        speaker=np.array([u.speaker for u in utterances]),
    )
    partial.replace(path)


def load_shard(path: Path) -> list[Utterance]:
    """Read what `save_shard` wrote."""
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    mel = arrays["levels"].astype(np.float16) * _LEVEL_STEP + _LOWEST_LEVEL
    hops = np.cumsum(arrays["num_hops"])[:-1]
    segments = np.cumsum(arrays["num_segments"])[:-1]
    return [
        Utterance(mel=mel, pitch_hz=pitch_hz, segments=phones, engine=str(e), speaker=str(s))
        for mel, pitch_hz, phones, e, s in zip(
            np.split(mel, hops),
            np.split(arrays["pitch_hz"], hops),
            np.split(arrays["segments"], segments),
            arrays["engine"],
            arrays["speaker"],
            strict=True,
        )
    ]


def _to_levels(mel: np.ndarray) -> np.ndarray:
    steps = np.round((mel.astype(np.float32) - _LOWEST_LEVEL) / _LEVEL_STEP)
    return np.clip(steps, 0, 255).astype(np.uint8)
