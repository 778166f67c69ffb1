from __future__ import annotations

import numpy as np
import pytest

from posecast.audio.pcm import AudioFormat, PcmDecoder
from posecast.errors import InvalidRequest


def decode(data: bytes, encoding: str, num_channels: int = 1, chunk_bytes: int = 1 << 20):
    decoder = PcmDecoder(AudioFormat(encoding, 16_000, num_channels))
    starts = range(0, len(data), chunk_bytes)
    parts = [decoder.decode(data[start : start + chunk_bytes]) for start in starts]
    decoder.finish()
    return np.concatenate(parts)


def alaw_amplitude(code: int) -> float:
    """G.711 table 1a by decision values: 13 bits with sign, one line of the table at a time."""
    code ^= 0x55
    sign = 1 if code & 0x80 else -1
    segment = (code & 0x70) >> 4
    step_size = 2 if segment < 2 else 2**segment
    segment_start = 0 if segment == 0 else 2 ** (segment + 4)
    lower_decision = segment_start + (code & 0x0F) * step_size
    return sign * (lower_decision + step_size / 2) / 4096


MULAW_SEGMENT_STARTS = (-1, 31, 95, 223, 479, 991, 2015, 4063)
"""Decision values of G.711 table 2a; the first interval, 0 to 1, is half as wide as its segment."""


def mulaw_amplitude(code: int) -> float:
    """G.711 table 2a by decision values: 14 bits with sign, one line of the table at a time."""
    sign = 1 if code & 0x80 else -1
    segment, step = divmod(0x7F - (code & 0x7F), 16)
    step_size = 2 ** (segment + 1)
    lower_decision = MULAW_SEGMENT_STARTS[segment] + step * step_size
    return sign * (lower_decision + step_size / 2) / 8192


@pytest.mark.parametrize(
    ("encoding", "amplitude"), [("alaw", alaw_amplitude), ("mulaw", mulaw_amplitude)]
)
def test_g711_follows_the_itu_tables(encoding, amplitude):
    codes = bytes(range(256))

    decoded = decode(codes, encoding)

    np.testing.assert_allclose(decoded, [amplitude(code) for code in codes], atol=1e-7)


@pytest.mark.parametrize(
    ("encoding", "code", "expected_16_bit"),
    [
        ("mulaw", 0xFF, 0),
        ("mulaw", 0x80, 32_124),  # the largest outputs of G.711, on a 16-bit scale
        ("mulaw", 0x00, -32_124),
        ("alaw", 0xD5, 8),
        ("alaw", 0xAA, 32_256),
        ("alaw", 0x2A, -32_256),
    ],
)
def test_g711_known_codes(encoding, code, expected_16_bit):
    assert decode(bytes([code]), encoding)[0] * 32_768 == expected_16_bit


def test_sixteen_bit_full_scale_is_one():
    data = np.array([-32_768, 0, 16_384], "<i2").tobytes()

    assert decode(data, "pcm_s16le").tolist() == [-1.0, 0.0, 0.5]


def test_two_channels_are_averaged():
    data = np.array([[1.0, 0.0], [-0.5, 0.25]], "<f4").tobytes()

    assert decode(data, "pcm_f32le", num_channels=2).tolist() == [0.5, -0.125]


@pytest.mark.parametrize("encoding", ["pcm_s16le", "pcm_f32le", "alaw", "mulaw"])
@pytest.mark.parametrize("num_channels", [1, 2])
@pytest.mark.parametrize("chunk_bytes", [1, 3, 7, 640])
def test_chunking_does_not_change_samples(encoding, num_channels, chunk_bytes):
    values = np.random.default_rng(1).uniform(-1, 1, 1200)
    data = {
        "pcm_s16le": (values * 32_767).astype("<i2").tobytes(),
        "pcm_f32le": values.astype("<f4").tobytes(),
    }.get(encoding, (values * 127 + 128).astype(np.uint8).tobytes())

    chunked = decode(data, encoding, num_channels, chunk_bytes)

    np.testing.assert_array_equal(chunked, decode(data, encoding, num_channels))
    assert len(chunked) == 1200 // num_channels


def test_empty_chunk_gives_no_samples():
    decoder = PcmDecoder(AudioFormat("pcm_s16le", 8_000))

    assert decoder.decode(b"").shape == (0,)
    decoder.finish()


def test_left_over_bytes_are_refused():
    decoder = PcmDecoder(AudioFormat("pcm_f32le", 48_000, 2))
    decoder.decode(bytes(11))

    with pytest.raises(InvalidRequest, match=r"3 bytes of an incomplete sample.*8 bytes"):
        decoder.finish()


@pytest.mark.parametrize(
    ("bad", "shown"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf"), (-17.0, "-17")]
)
def test_bad_float_sample_is_named_by_its_index_in_the_stream(bad, shown):
    decoder = PcmDecoder(AudioFormat("pcm_f32le", 16_000, 2))
    decoder.decode(np.zeros((100, 2), "<f4").tobytes())
    chunk = np.zeros((10, 2), "<f4")
    chunk[4, 1] = bad

    with pytest.raises(InvalidRequest, match=f"sample 104 is {shown}; allowed: numbers from -16"):
        decoder.decode(chunk.tobytes())


@pytest.mark.parametrize("sample_rate_hz", [-1, 0, 7_999, 192_001, 1_000_000])
def test_sample_rate_out_of_range_is_refused(sample_rate_hz):
    with pytest.raises(
        InvalidRequest, match=f"sample rate {sample_rate_hz} Hz; allowed: 8000 to 192000 Hz"
    ):
        AudioFormat("pcm_s16le", sample_rate_hz)


@pytest.mark.parametrize("num_channels", [-1, 0, 3, 7])
def test_number_of_channels_out_of_range_is_refused(num_channels):
    with pytest.raises(InvalidRequest, match=f"{num_channels} channels; allowed: 1 to 2"):
        AudioFormat("pcm_s16le", 16_000, num_channels)


def test_unknown_encoding_is_refused():
    with pytest.raises(InvalidRequest, match=r"encoding 'pcm_u8'; allowed: pcm_s16le, pcm_f32le"):
        AudioFormat("pcm_u8", 16_000)
