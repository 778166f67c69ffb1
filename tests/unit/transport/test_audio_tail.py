"""Audio that goes back with its frames."""

import pytest

from posecast.audio.pcm import AudioFormat
from posecast.transport.audio_tail import AudioTail


@pytest.mark.parametrize(("rate_hz", "frame_rate_hz"), [(16_000, 30), (44_100, 60), (8_000, 25)])
@pytest.mark.parametrize("num_channels", [1, 2])
def test_frames_begin_at_their_exact_samples_and_nothing_is_lost(
    rate_hz, frame_rate_hz, num_channels
):
    audio_format = AudioFormat("pcm_s16le", rate_hz, num_channels)
    data = bytes(range(256)) * 400
    data = data[: len(data) // audio_format.bytes_per_frame * audio_format.bytes_per_frame]
    tail = AudioTail(audio_format, frame_rate_hz)
    parts, num_added = [], 0
    for end in (3, 6, 9, 20):
        tail.add(data[num_added : num_added + 11_001])
        num_added += 11_001
        parts.append(tail.take_up_to(end))
        num_samples = end * rate_hz // frame_rate_hz
        taken = sum(map(len, parts))
        assert taken == min(num_samples * audio_format.bytes_per_frame, num_added)
    tail.add(data[num_added:])

    parts.append(tail.take_rest())

    assert b"".join(parts) == data
    assert tail.take_rest() == b""


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 22_051])
def test_rounded_frames_begin_at_the_sample_nearest_to_their_time(rate_hz):
    audio_format = AudioFormat("pcm_s16le", rate_hz)
    tail = AudioTail(audio_format, 30, is_rounded=True)
    tail.add(bytes(2 * rate_hz))

    ends, num_taken = [], 0
    for index in range(1, 31):
        num_taken += len(tail.take_up_to(index)) // 2
        ends.append(num_taken)

    assert all(abs(end - index * rate_hz / 30) <= 0.5 for index, end in enumerate(ends, start=1))
    assert ends[-1] == rate_hz
