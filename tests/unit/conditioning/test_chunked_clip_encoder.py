"""Long clips in chunks: which audio each chunk hears, and that no frame is lost."""

import numpy as np
import pytest

from posecast.conditioning.chunked_clip_encoder import ChunkedClipEncoder
from posecast.config import ClipEncoderConfig
from posecast.errors import InvalidRequest


class FirstSamples:
    """An encoder whose features are the first sample of each frame; remembers what it heard."""

    config = ClipEncoderConfig(feature_dim=1)

    def __init__(self):
        self.heard = []

    def encode(self, waveform, num_frames):
        """Frames at every 640th sample."""
        self.heard.append((int(waveform[0, 0]), waveform.shape[1], num_frames))
        return waveform[:, : 640 * num_frames : 640, None]


def ramp(num_samples):
    """Every sample tells where it comes from, and a second row has other ones."""
    samples = np.arange(num_samples, dtype=np.float32)
    return np.stack([samples, samples + 0.5])


@pytest.mark.parametrize("chunk_frames", [1, 3, 7, 19, 20])
@pytest.mark.parametrize("context_frames", [0, 2, 50])
@pytest.mark.parametrize("surplus", [0, 639, -100])
def test_every_frame_is_there_once(chunk_frames, context_frames, surplus):
    encoder = ChunkedClipEncoder(
        FirstSamples(), chunk_frames=chunk_frames, context_frames=context_frames
    )
    waveform = ramp(20 * 640 + surplus)

    features = encoder.encode(waveform, 20)

    np.testing.assert_array_equal(features, waveform[:, : 20 * 640 : 640, None])


def test_chunks_hear_the_audio_around_them():
    inner = FirstSamples()

    ChunkedClipEncoder(inner, chunk_frames=8, context_frames=2).encode(ramp(20 * 640 + 5), 20)

    assert inner.heard == [
        (0, 10 * 640, 10),
        (6 * 640, 12 * 640, 12),
        (14 * 640, 6 * 640 + 5, 6),  # and the samples beyond the last frame
    ]


def test_a_clip_of_one_chunk_is_heard_whole():
    inner = FirstSamples()

    ChunkedClipEncoder(inner, chunk_frames=20, context_frames=2).encode(ramp(9000), 20)

    assert inner.heard == [(0, 9000, 20)]


def test_chunks_without_context_are_clips_of_their_own(make_clip_network):
    from posecast.conditioning.torch_clip_encoder import TorchClipEncoder

    inner = TorchClipEncoder(make_clip_network())
    waveform = np.random.default_rng(1).standard_normal((1, 40 * 640)).astype(np.float32)

    chunked = ChunkedClipEncoder(inner, chunk_frames=20, context_frames=0)

    halves = [inner.encode(half, 20) for half in np.split(waveform, 2, axis=1)]
    np.testing.assert_array_equal(chunked.encode(waveform, 40), np.concatenate(halves, axis=1))
    assert chunked.config == inner.config


def test_context_of_the_whole_clip_is_the_whole_clip(make_clip_network):
    from posecast.conditioning.torch_clip_encoder import TorchClipEncoder

    inner = TorchClipEncoder(make_clip_network())
    waveform = np.random.default_rng(2).standard_normal((1, 20 * 640 + 400)).astype(np.float32)

    chunked = ChunkedClipEncoder(inner, chunk_frames=6, context_frames=20)

    np.testing.assert_array_equal(chunked.encode(waveform, 20), inner.encode(waveform, 20))


@pytest.mark.parametrize("num_samples", [19 * 640, 21 * 640])
def test_a_clip_in_chunks_cannot_be_stretched(num_samples):
    chunked = ChunkedClipEncoder(FirstSamples(), chunk_frames=6, context_frames=0)

    with pytest.raises(InvalidRequest, match=f"20 frames of {num_samples} samples in chunks; allo"):
        chunked.encode(ramp(num_samples), 20)


@pytest.mark.parametrize(("chunk_frames", "context_frames"), [(0, 1), (1, -1)])
def test_numbers_out_of_range_are_refused(chunk_frames, context_frames):
    with pytest.raises(InvalidRequest, match=f"chunk_frames {chunk_frames}, context_frames"):
        ChunkedClipEncoder(FirstSamples(), chunk_frames=chunk_frames, context_frames=context_frames)
