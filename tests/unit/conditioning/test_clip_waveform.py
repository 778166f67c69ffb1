"""Waveforms of whole clips: levels and edges as the published weights know them."""

import numpy as np
import pytest

from posecast.conditioning.clip_waveform import normalise_waveform, pad_edges
from posecast.errors import InvalidRequest


def ramp(num_samples):
    """Every sample tells where it comes from."""
    return np.arange(num_samples, dtype=np.float32)


def test_a_normalised_clip_has_mean_0_and_deviation_1():
    clips = np.random.default_rng(1).normal([[0.3], [-0.2]], [[0.1], [0.02]], (2, 5000))

    normalised = normalise_waveform(clips.astype(np.float32))

    assert normalised.dtype == np.float32
    np.testing.assert_allclose(normalised.mean(axis=1), 0, atol=1e-6)
    # The floor under the deviation costs a ten-thousandth of 0.1, and five of 0.02.
    np.testing.assert_allclose(normalised.std(axis=1, ddof=1), [0.9999, 0.9995], atol=2e-5)


def test_the_deviation_is_that_of_a_sample():
    clip = np.array([-1.0, 1.0], np.float32)  # deviation sqrt(2) with n - 1, 1 with n

    np.testing.assert_allclose(normalise_waveform(clip), clip / 2**0.5, rtol=1e-5)


def test_silence_stays_silent():
    np.testing.assert_array_equal(normalise_waveform(np.full(100, 0.25, np.float32)), 0)


def test_one_sample_has_no_deviation():
    with pytest.raises(InvalidRequest, match="1 samples in a clip; allowed: 2 and more"):
        normalise_waveform(ramp(1))


@pytest.mark.parametrize(
    ("num_samples", "padded"),
    [
        (320, 400),
        (64_000, 64_080),
        (64_010, 64_080),  # 35 on each side
        (64_077, 64_081),  # a sample and a half on each side, rounded up
        (64_079, 64_081),
        (64_080, 64_080),
        (64_081, 64_081),
        (64_300, 64_300),
    ],
)
def test_padded_length(num_samples, padded):
    assert len(pad_edges(ramp(num_samples))) == padded


def test_edges_are_reflected_twice():
    padded = pad_edges(ramp(640))

    inwards = list(range(21))
    assert padded[:61].tolist() == [*inwards[:20], *inwards[:0:-1], *inwards]
    np.testing.assert_array_equal(padded[::-1], 639 - padded)  # the other end is the mirror image


def test_the_sample_over_from_an_odd_width_is_repeated():
    padded = pad_edges(ramp(650))  # 35 on each side: 17, 17 and 1

    inwards = list(range(18))
    assert padded[:53].tolist() == [0, *inwards[:17], *inwards[:0:-1], *inwards]
    np.testing.assert_array_equal(padded[::-1], 649 - padded)


def test_a_batch_is_padded_row_by_row():
    clips = np.random.default_rng(2).standard_normal((3, 650)).astype(np.float32)

    padded = pad_edges(clips)

    np.testing.assert_array_equal(padded, [pad_edges(clip) for clip in clips])


def test_a_clip_without_a_vector_is_refused():
    with pytest.raises(InvalidRequest, match=r"319 samples in a clip; allowed: 320 \(20 ms\) and"):
        pad_edges(ramp(319))
