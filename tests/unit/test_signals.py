import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.signals import FaceFrames, FaceRecording, Waveform, join_frames


def make_frames(first_index, num_frames, *, frame_rate_hz=25, value=0.5):
    return FaceFrames(
        first_index=first_index,
        frame_rate_hz=frame_rate_hz,
        weights=np.full((num_frames, 52), value, np.float32),
        head=np.tile(np.float32([0, 0, 0, 1]), (num_frames, 1)),
    )


def test_duration_is_samples_over_rate():
    assert Waveform(samples=np.zeros(4000, np.float32), sample_rate_hz=16_000).duration_s == 0.25


@pytest.mark.parametrize("rate", [25, 30, 50, 60])
def test_a_frame_time_is_its_index_over_the_rate(rate):
    frames = make_frames(100_000, 3, frame_rate_hz=rate)

    assert frames.times_s.tolist() == [100_000 / rate, 100_001 / rate, 100_002 / rate]


def test_weights_and_head_of_different_lengths_are_refused():
    with pytest.raises(InvalidRequest, match="2 frames of weights with 1 frames of head"):
        FaceFrames(
            first_index=0,
            frame_rate_hz=25,
            weights=np.zeros((2, 52), np.float32),
            head=np.zeros((1, 4), np.float32),
        )


def test_joined_frames_keep_order_start_and_rate():
    joined = join_frames(
        [
            make_frames(4, 2, frame_rate_hz=60, value=0.1),
            make_frames(6, 0, frame_rate_hz=60),
            make_frames(6, 3, frame_rate_hz=60, value=0.2),
        ]
    )

    assert (joined.first_index, joined.frame_rate_hz, len(joined)) == (4, 60, 5)
    np.testing.assert_allclose(joined.weights[:, 0], [0.1, 0.1, 0.2, 0.2, 0.2])


@pytest.mark.parametrize(
    ("second", "message"), [(3, "frame 3 follows, expected 2"), (1, "frame 1 follows, expected 2")]
)
def test_gaps_and_overlaps_are_refused(second, message):
    with pytest.raises(InvalidRequest, match=message):
        join_frames([make_frames(0, 2), make_frames(second, 2)])


def test_nothing_cannot_be_joined():
    with pytest.raises(InvalidRequest, match="no frames to join"):
        join_frames([])


def test_a_recording_has_as_many_times_as_frames():
    frames = make_frames(0, 3)
    for times_s in (np.arange(2.0), np.zeros(0)):
        with pytest.raises(InvalidRequest, match="expected as many of each"):
            FaceRecording(times_s=times_s, weights=frames.weights, head=frames.head)


@pytest.mark.parametrize("times_s", [[0.0, 0.2, 0.1], [0.0, 0.2, 0.2], [0.0, 0.2, np.nan]])
def test_the_times_of_a_recording_advance(times_s):
    frames = make_frames(0, 3)
    with pytest.raises(InvalidRequest, match=r"follows one at 0.2 s"):
        FaceRecording(times_s=np.array(times_s), weights=frames.weights, head=frames.head)
