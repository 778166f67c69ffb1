from __future__ import annotations

import io
import os
import struct
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from posecast.audio.clip import read_clip
from posecast.errors import InvalidRequest

LIMIT_S = 10.0
TONE = (0.4 * np.sin(np.arange(16_000) * 0.05)).astype(np.float32)


def encode(samples=TONE, rate_hz=16_000, container="WAV", subtype=None) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format=container, subtype=subtype)
    return file.getvalue()


def with_header(wav: bytes, *, riff_size: int | None = None, **fields: int) -> bytes:
    """Overwrite header fields of a plain PCM WAV file."""
    content = bytearray(wav)
    offsets = {"channels": (22, "<H"), "rate_hz": (24, "<I")}
    offsets["data_size"] = (content.index(b"data") + 4, "<I")
    if riff_size is not None:
        struct.pack_into("<I", content, 4, riff_size)
    for name, value in fields.items():
        offset, code = offsets[name]
        struct.pack_into(code, content, offset, value)
    return bytes(content)


@pytest.mark.parametrize(
    ("container", "subtype", "tolerance"),
    [
        ("WAV", "PCM_16", 1e-4),
        ("WAV", "FLOAT", 0),
        ("WAV", "ULAW", 0.02),
        ("WAVEX", "PCM_24", 1e-6),
        ("FLAC", "PCM_16", 1e-4),
        ("OGG", "VORBIS", 0.05),
        ("OGG", "OPUS", 0.05),
    ],
)
def test_reads_each_format_from_file_and_from_bytes(tmp_path, container, subtype, tolerance):
    data = encode(container=container, subtype=subtype)
    path = tmp_path / "speech"
    path.write_bytes(data)

    from_file = read_clip(path, max_duration_s=LIMIT_S)
    from_bytes = read_clip(data, max_duration_s=LIMIT_S)

    assert from_file.sample_rate_hz == 16_000
    assert from_file.samples.dtype == np.float32
    assert from_file.samples.shape == TONE.shape
    # RMS, because a lossy codec is furthest off in its first and last frames
    assert np.sqrt(np.mean((from_file.samples - TONE) ** 2)) <= tolerance
    np.testing.assert_array_equal(from_file.samples, from_bytes.samples)


def test_two_channels_are_averaged():
    stereo = np.stack([TONE, np.zeros_like(TONE)], axis=1)

    clip = read_clip(encode(stereo, subtype="FLOAT"), max_duration_s=LIMIT_S)

    np.testing.assert_array_equal(clip.samples, TONE / 2)


def test_one_sample_is_a_clip():
    clip = read_clip(encode(TONE[1:2], subtype="FLOAT"), max_duration_s=LIMIT_S)

    np.testing.assert_array_equal(clip.samples, TONE[1:2])


def test_clip_of_exactly_the_limit_is_read():
    assert read_clip(encode(), max_duration_s=1.0).duration_s == 1.0


@pytest.mark.parametrize(
    ("riff_size", "data_size"),
    [(0, 0), (36, 0), (0xFFFFFFFF, 0xFFFFFFFF), (0, 0xFFFFFFFF), (0x7FFFFFFF, 0x7FFFFFDB)],
)
def test_streamed_wav_is_read_to_its_end(tmp_path, riff_size, data_size):
    wav = encode(subtype="PCM_16")
    path = tmp_path / "streamed.wav"
    path.write_bytes(with_header(wav, riff_size=riff_size, data_size=data_size))

    clip = read_clip(path, max_duration_s=LIMIT_S)

    np.testing.assert_array_equal(clip.samples, read_clip(wav, max_duration_s=LIMIT_S).samples)


def bad_clips() -> dict[str, tuple[bytes, str]]:
    wav, flac = encode(subtype="PCM_16"), encode(container="FLAC")
    vorbis, opus = encode(container="OGG"), encode(container="OGG", subtype="OPUS")
    with_nan = TONE.copy()
    with_nan[1234] = np.nan
    return {
        "empty": (b"", "the file is empty"),
        "text": (b"start\tend\tphone\n" * 20, "not audio that can be read.*WAV, FLAC, Ogg"),
        "truncated WAV": (wav[:-1000], "truncated WAV file: 31000 of 32000 bytes"),
        "WAV without data": (wav[:40], "truncated WAV file: it has no data chunk"),
        "magic number only": (b"RIFF", "truncated WAV file"),
        "truncated FLAC": (flac[: len(flac) // 2], "truncated or damaged FLAC file"),
        "truncated Vorbis": (vorbis[: len(vorbis) * 9 // 10], "truncated Ogg file"),
        "truncated Opus": (opus[: len(opus) // 2], "truncated Ogg file"),
        "Ogg page header only": (opus[:20], "truncated Ogg file"),
        "NaN": (encode(with_nan, subtype="FLOAT"), "sample 1234 is nan; allowed"),
        "integers as floats": (encode(TONE * 32_768, subtype="FLOAT"), "full scale is 1"),
        "no samples": (encode(TONE[:0]), "no samples; allowed: at least 1"),
        "0 Hz": (with_header(wav, rate_hz=0), "sample rate 0 Hz; allowed: 8000 to 192000 Hz"),
        "1 MHz": (with_header(wav, rate_hz=1_000_000), "sample rate 1000000 Hz; allowed: 8000 to"),
        "4 kHz": (encode(rate_hz=4_000), "sample rate 4000 Hz; allowed: 8000 to 192000 Hz"),
        "7 channels": (encode(np.zeros((9, 7), np.float32)), "7 channels; allowed: 1 to 2"),
        "too long": (encode(rate_hz=8_000), r"2.0 s of audio; allowed: at most 1.5 s"),
        "AIFF": (encode(container="AIFF"), "AIFF audio; allowed: WAV, FLAC, Ogg"),
    }


@pytest.mark.parametrize("kind", list(bad_clips()))
def test_bad_clip_is_refused_with_its_reason(tmp_path, kind):
    data, message = bad_clips()[kind]
    path = tmp_path / "bad.wav"
    path.write_bytes(data)

    with pytest.raises(InvalidRequest, match=f"^audio: .*({message})"):
        read_clip(data, max_duration_s=1.5)
    with pytest.raises(InvalidRequest, match=f"bad.wav: .*({message})"):
        read_clip(path, max_duration_s=1.5)


def test_streamed_wav_over_the_limit_is_refused():
    wav = with_header(encode(np.tile(TONE, 3)), riff_size=0, data_size=0)

    with pytest.raises(InvalidRequest, match=r"3\.0 s of audio; allowed: at most 1.5 s"):
        read_clip(wav, max_duration_s=1.5)


def test_hour_long_clip_is_refused_without_being_read(tmp_path):
    path = tmp_path / "hour.wav"
    num_bytes = 3600 * 16_000 * 2
    header = with_header(encode(TONE[:0]), riff_size=36 + num_bytes, data_size=num_bytes)
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + num_bytes)  # a sparse file: nothing is written

    with pytest.raises(InvalidRequest, match=r"3600\.0 s of audio; allowed: at most 900 s"):
        read_clip(path, max_duration_s=900.0)


def test_missing_file_and_folder_are_refused(tmp_path):
    with pytest.raises(InvalidRequest, match=r"gone\.wav: No such file"):
        read_clip(tmp_path / "gone.wav", max_duration_s=LIMIT_S)
    with pytest.raises(InvalidRequest, match=f"{Path(tmp_path).name}: "):
        read_clip(tmp_path, max_duration_s=LIMIT_S)


def test_raw_file_is_refused(tmp_path):
    path = tmp_path / "speech.raw"
    path.write_bytes(bytes(100))

    with pytest.raises(InvalidRequest, match=r"\.raw file does not name its format"):
        read_clip(path, max_duration_s=LIMIT_S)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_a_named_pipe_is_read_like_a_file(tmp_path):
    pipe, clip = tmp_path / "speech.wav", encode()
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(clip,))
    writer.start()

    piped = read_clip(pipe, max_duration_s=LIMIT_S)
    writer.join()

    assert np.array_equal(piped.samples, read_clip(clip, max_duration_s=LIMIT_S).samples)
