"""Bad input gets a clear error, and the server goes on."""

from __future__ import annotations

import grpc
import numpy as np
import pytest

from posecast.v1 import audio_pb2
from posecast.v1 import face_animation_service_pb2 as pb


@pytest.fixture
async def refuse(client, pcm):
    """Expect a status and words in its details, then a good request that still works."""

    async def check(answer, *words: str, code=grpc.StatusCode.INVALID_ARGUMENT) -> None:
        with pytest.raises(grpc.RpcError) as refused:
            await answer
        assert refused.value.code() is code, refused.value.details()
        for word in words:
            assert word in refused.value.details()
        good = await client.animate([client.config(), client.audio(pcm(0.4)), client.end()])
        assert len(good.frames()) == 10

    return check


async def test_an_empty_clip_is_refused(client, refuse):
    await refuse(client.animate_clip(b""), "empty")


async def test_a_request_without_clip_is_refused(client, refuse):
    await refuse(client.send_clip(pb.AnimateClipRequest()), "no clip", "file or raw")


async def test_raw_audio_of_no_bytes_is_refused(client, refuse):
    raw = audio_pb2.RawAudio(
        format=audio_pb2.AudioFormat(
            encoding=audio_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=16_000
        )
    )
    await refuse(client.send_clip(pb.AnimateClipRequest(raw=raw)), "0 bytes")


@pytest.mark.parametrize("file_format", ["WAV", "FLAC", "OGG"])
async def test_a_truncated_clip_is_refused(client, refuse, speech, wav, file_format):
    data = wav(speech(1.0), file_format=file_format)

    await refuse(client.animate_clip(data[: len(data) // 2]), "audio: ")


async def test_a_clip_that_is_not_audio_is_refused(client, refuse):
    await refuse(client.animate_clip(b"%PDF-1.7 not a sound at all" * 40), "WAV, FLAC, Ogg")


@pytest.mark.parametrize(
    ("sample_rate_hz", "words"),
    [
        pytest.param(0, ("0 Hz", "8000 to 192000"), id="0 Hz"),
        pytest.param(7_999, ("7999 Hz", "8000 to 192000"), id="just too low"),
        pytest.param(1_000_000, ("1000000 Hz", "8000 to 192000"), id="1 MHz"),
    ],
)
async def test_a_clip_with_an_odd_rate_is_refused(
    client, refuse, speech, wav, sample_rate_hz, words
):
    data = wav(speech(1.0))
    field = slice(24, 28)  # of a WAV header
    data = data[: field.start] + sample_rate_hz.to_bytes(4, "little") + data[field.stop :]

    await refuse(client.animate_clip(data), *words)


async def test_a_clip_with_seven_channels_is_refused(client, refuse, wav):
    data = wav(np.zeros((1600, 7), np.float32))

    await refuse(client.animate_clip(data), "7 channels", "1 to 2")


async def test_a_clip_with_nan_is_refused(client, refuse, speech, wav):
    samples = speech(1.0)
    samples[1234] = np.nan

    await refuse(client.animate_clip(wav(samples, subtype="FLOAT")), "1234", "nan")


async def test_an_hour_long_clip_is_refused(client, refuse, wav):
    hour = wav(np.zeros(3600 * 8_000, np.int16), sample_rate_hz=8_000, file_format="FLAC")

    await refuse(client.animate_clip(hour), "3600", "900 s")


async def test_an_hour_of_raw_audio_is_refused(client, refuse):
    raw = audio_pb2.RawAudio(
        format=audio_pb2.AudioFormat(encoding=audio_pb2.AUDIO_ENCODING_MULAW, sample_rate_hz=8_000),
        data=bytes(3600 * 8_000),
    )

    await refuse(client.send_clip(pb.AnimateClipRequest(raw=raw)), "3600", "900 s")


async def test_a_message_over_the_limit_is_refused(serve):
    async with serve(max_message_bytes=65_536) as (_, client):
        with pytest.raises(grpc.RpcError) as refused:
            await client.animate_clip(bytes(70_000))

        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "65536" in refused.value.details()


async def test_an_utterance_that_grows_too_long_is_refused(serve, pcm):
    async with serve(max_clip_s=2.0) as (_, client):
        second, half = client.audio(pcm(1.0)), client.audio(pcm(0.5))

        allowed = await client.animate([client.config(), second, second, client.end(), second])
        with pytest.raises(grpc.RpcError) as refused:
            await client.animate([client.config(), second, second, half])

        assert [end.num_frames for end in allowed.ends] == [50, 25]
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "2.50 s" in refused.value.details()
        assert "2 s (max_clip_s)" in refused.value.details()


async def test_silence_alone_is_animated(client, wav):
    answer = await client.animate_clip(wav(np.zeros(16_000, np.float32)))

    assert len(answer.frames()) == 25
    assert np.isfinite(answer.values()).all()


async def test_one_sample_is_animated(client, wav):
    answer = await client.animate_clip(wav(np.zeros(1, np.float32)))

    assert [frame.index for frame in answer.frames()] == [0]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param({"style_name": "grumpy"}, ("grumpy", "neutral"), id="unknown style"),
        pytest.param({"style_name": "x" * 100_000}, ("neutral",), id="endless style name"),
        pytest.param({"frame_rate_hz": 24}, ("24 Hz", "25, 30, 50, 60"), id="unknown frame rate"),
        pytest.param({"latency_mode": 9}, ("9", "LATENCY_MODE_BALANCED"), id="unknown mode"),
        pytest.param({"sampling_steps": 0}, ("sampling steps 0", "1 to 50"), id="no step"),
        pytest.param({"sampling_steps": 51}, ("51", "1 to 50"), id="too many steps"),
        pytest.param(
            {"style_name": "neutral:0.5,grumpy:0.5"}, ("grumpy", "cheerful"), id="unknown in blend"
        ),
        pytest.param({"style_name": "neutral:2"}, ("weight '2'", "at most 1"), id="heavy style"),
        pytest.param({"style_name": "," * 100_000}, ("100001", "at most 8"), id="endless blend"),
        pytest.param({"style_name": "/etc/a.npz"}, ("a.npz", "neutral"), id="file of the server"),
        pytest.param({"style_strength": 2.5}, ("style strength 2.5", "0.0 to 2.0"), id="strength"),
        pytest.param({"look_ahead_ms": 30}, ("look-ahead in ms 30", "40 to 400"), id="look-ahead"),
        pytest.param({"audio_guidance": -1.0}, ("-1.0", "0.0 to 4.0"), id="negative guidance"),
        pytest.param({"style_guidance": np.nan}, ("nan", "0.0 to 4.0"), id="NaN guidance"),
        pytest.param(
            {"style_vector": pb.StyleVector(values=[1.0])}, ("1 values",), id="short style vector"
        ),
    ],
)
async def test_settings_out_of_range_are_refused(client, refuse, speech, wav, settings, words):
    await refuse(client.animate([client.config(**settings)]), *words)
    await refuse(client.animate_clip(wav(speech(0.2)), **settings), *words)


@pytest.mark.parametrize(
    ("fill", "rates", "words"),
    [
        pytest.param(np.nan, {}, ("nan", "-100 to 100"), id="NaN"),
        pytest.param(3e38, {}, ("3e+38", "-100 to 100"), id="so large that networks overflow"),
        pytest.param(0.0, {"blink_rate_hz": 2.5}, ("blink_rate_hz 2.5", "0 to 2"), id="blinks"),
        pytest.param(0.0, {"gaze_range": -0.5}, ("gaze_range -0.5", "0 to 1"), id="gaze range"),
    ],
)
async def test_a_style_vector_out_of_range_is_refused(client, refuse, engine, fill, rates, words):
    vector = pb.StyleVector(values=[fill] * engine.config.denoiser.style_dim, **rates)

    await refuse(client.animate([client.config(style_vector=vector)]), *words)


@pytest.mark.parametrize(
    ("audio_format", "words"),
    [
        pytest.param({"sample_rate_hz": 0}, ("0 Hz", "8000 to 192000"), id="0 Hz"),
        pytest.param({"sample_rate_hz": 10**6}, ("1000000 Hz", "8000 to 192000"), id="1 MHz"),
        pytest.param({"num_channels": 7}, ("7 channels", "1 to 2"), id="7 channels"),
        pytest.param({"encoding": 0}, ("UNSPECIFIED", "AUDIO_ENCODING_MULAW"), id="no encoding"),
        pytest.param({"encoding": 77}, ("77", "AUDIO_ENCODING_MULAW"), id="unknown encoding"),
    ],
)
async def test_a_stream_in_an_odd_format_is_refused(client, refuse, audio_format, words):
    await refuse(client.animate([client.config(**audio_format)]), *words)


@pytest.mark.parametrize("value", [np.nan, np.inf])
async def test_a_stream_with_nan_is_refused(client, refuse, speech, value):
    samples = speech(1.0)
    samples[777] = value
    config = client.config(encoding=audio_pb2.AUDIO_ENCODING_PCM_F32LE)

    await refuse(client.animate([config, client.audio(samples.tobytes())]), "777", str(value))


async def test_a_stream_that_ends_inside_a_sample_is_refused(client, refuse, pcm):
    requests = [client.config(), client.audio(pcm(0.2)), client.audio(b"\1"), client.end()]

    await refuse(client.animate(requests), "1 bytes", "multiple of 2")


async def test_audio_before_the_configuration_is_refused(client, refuse, pcm):
    await refuse(client.animate([client.audio(pcm(0.2)), client.config()]), "audio", "config")


async def test_an_end_before_the_configuration_is_refused(client, refuse):
    await refuse(client.animate([client.end()]), "end_of_utterance", "config")


async def test_a_second_configuration_is_refused(client, refuse, pcm):
    requests = [client.config(), client.audio(pcm(0.2)), client.config()]

    await refuse(client.animate(requests), "second config")


async def test_a_stream_without_any_message_is_refused(client, refuse):
    await refuse(client.animate([]), "config")


async def test_a_message_without_a_part_is_refused(client, refuse):
    await refuse(client.animate([pb.AnimateRequest()]), "empty", "config")
    await refuse(client.animate([client.config(), pb.AnimateRequest()]), "without a part")
