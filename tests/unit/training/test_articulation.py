"""Phones to tracks: closures close, silence is shut, and nothing lags."""

import numpy as np
import pytest

from posecast.training.articulation import (
    articulate,
    phone_labels,
    set_off,
    tracks_at_frame_rate,
)
from posecast.training.phones import CHANNEL_INDEX, CLASS_INDEX

JAW, CLOSE = CHANNEL_INDEX["jaw"], CHANNEL_INDEX["close"]
BITE, ROUND = CHANNEL_INDEX["labiodental"], CHANNEL_INDEX["round"]
NUM_HOPS = 120


def word(*phones, start=0.3):
    """Segments of phones with their lengths in seconds, silence around them."""
    rows, now = [(CLASS_INDEX["sil"], 0.0, start)], start
    for name, length in phones:
        rows.append((CLASS_INDEX[name], now, now + length))
        now += length
    rows.append((CLASS_INDEX["sil"], now, NUM_HOPS / 100))
    return np.array(rows, np.float32)


def middle(segments, index):
    """Hop at the middle of a segment."""
    return int(100 * (segments[index, 1] + segments[index, 2]) / 2)


@pytest.mark.parametrize("phase_s", np.arange(8) * 0.005, ids=lambda s: f"{1000 * s:.0f}ms")
@pytest.mark.parametrize("length_s", [0.05, 0.09])
def test_a_short_bilabial_closes_fully_at_any_phase_of_the_frames(length_s, phase_s):
    segments = word(("A", 0.15), ("PBM", length_s), ("A", 0.15), start=0.3 + phase_s)
    frames = tracks_at_frame_rate(articulate(segments, NUM_HOPS))
    assert frames[:, CLOSE].max() == pytest.approx(1.0, abs=1e-5)
    closed_at_s = frames[:, CLOSE].argmax() / 25
    assert segments[2, 1] - 0.04 <= closed_at_s <= segments[2, 2] + 0.04


@pytest.mark.parametrize("phase_s", np.arange(4) * 0.01, ids=lambda s: f"{1000 * s:.0f}ms")
def test_a_short_labiodental_bites_at_any_phase_of_the_frames(phase_s):
    segments = word(("A", 0.15), ("FV", 0.05), ("A", 0.15), start=0.3 + phase_s)
    frames = tracks_at_frame_rate(articulate(segments, NUM_HOPS))
    assert frames[:, BITE].max() == pytest.approx(1.0, abs=1e-5)
    assert frames[:, CLOSE].max() < 0.5


def test_the_mouth_opens_between_two_closures():
    segments = word(("PBM", 0.08), ("A", 0.12), ("PBM", 0.08))
    tracks = articulate(segments, NUM_HOPS)
    assert tracks[middle(segments, 2), CLOSE] < 0.3  # the rig counts it as touching from 0.45
    assert tracks[middle(segments, 2), JAW] > 0.25


def test_silence_is_shut():
    segments = word(("A", 0.2), ("IY", 0.2))
    tracks = articulate(segments, NUM_HOPS)
    assert tracks[:10, JAW].max() < 0.02
    assert tracks[-20:, JAW].max() < 0.02


def test_nothing_but_silence_moves_nothing():
    assert articulate(np.array([[0, 0.0, 1.2]], np.float32), NUM_HOPS).max() < 1e-3


def test_low_vowels_open_wider_than_high_ones():
    openings = [
        articulate(segments, NUM_HOPS)[middle(segments, 1), JAW]
        for segments in (word((name, 0.25)) for name in ("A", "EH", "IY"))
    ]
    assert openings[0] > openings[1] > openings[2] > 0


def test_rounding_spreads_into_the_consonant_before():
    """/stu/ is rounded from the /s/ on: that is coarticulation."""
    round_ahead, plain = (
        articulate(segments, NUM_HOPS)[middle(segments, 2), ROUND]
        for segments in (word(("SZ", 0.08), ("TDN", 0.06), (vowel, 0.2)) for vowel in ("UW", "A"))
    )
    assert round_ahead > plain + 0.2


def test_tracks_stay_in_range_and_a_bite_keeps_the_jaw_up():
    rng = np.random.default_rng(1)
    phones = [(name, rng.uniform(0.02, 0.2)) for name in rng.permutation(list(CLASS_INDEX))[:12]]
    tracks = articulate(word(*phones, start=0.05), NUM_HOPS)
    assert tracks.min() >= 0
    assert tracks.max() <= 1
    assert (tracks[:, JAW] + tracks[:, BITE] <= 1.14 + 1e-5).all()


def test_a_frame_is_centred_on_its_instant():
    """A plain bump at the instant of frame 10 gives a track that is symmetrical about frame 10."""
    times = (np.arange(NUM_HOPS) + 0.5) / 100
    tracks = np.zeros((NUM_HOPS, 9), np.float32)
    tracks[:, JAW] = np.exp(-(((times - 0.4) / 0.1) ** 2))
    tracks[:, CLOSE] = tracks[:, JAW]
    frames = tracks_at_frame_rate(tracks)
    assert frames.shape == (30, 9)
    for channel in (JAW, CLOSE):
        assert frames[:, channel].argmax() == 10
        np.testing.assert_allclose(frames[5:10, channel], frames[15:10:-1, channel], atol=1e-5)


def test_segments_40_ms_later_move_the_tracks_by_one_frame():
    phones = (("A", 0.13), ("PBM", 0.07), ("IY", 0.16))
    early, late = (
        tracks_at_frame_rate(articulate(word(*phones, start=start), NUM_HOPS))
        for start in (0.3, 0.34)
    )
    # The silences around have other middles, so the tails differ a little.
    np.testing.assert_allclose(late[6:20], early[5:19], atol=0.01)


def test_contacts_take_the_maximum_and_others_the_mean_of_their_40_ms():
    tracks = np.zeros((8, 9), np.float32)
    tracks[2] = 1.0  # 20..30 ms: belongs to the frame at 40 ms
    frames = tracks_at_frame_rate(tracks, crispness=0.0)
    assert frames[0].max() == 0
    assert frames[1, CLOSE] == frames[1, BITE] == 1
    assert frames[1, JAW] == 0.25


@pytest.mark.parametrize("crispness", [0.0, 0.5, 1.0])
def test_a_movement_is_set_off_and_stays_about_as_wide(crispness):
    """Vowels four times a second: what lies 80 ms before and after is lower by 1 - cos(0.64 pi)."""
    times = np.arange(200) / 25
    wave = 0.4 + 0.1 * np.cos(2 * np.pi * 4 * times)
    crisp = set_off(wave[:, None].astype(np.float32), crispness)[10:-10, 0]
    grown = (1 + crispness * (1 - np.cos(2 * np.pi * 4 * 0.08))) / (1 + 0.25 * crispness)
    assert crisp.mean() == pytest.approx(0.4 / (1 + 0.25 * crispness), rel=0.01)
    assert np.ptp(crisp) == pytest.approx(0.2 * grown, rel=0.05)
    assert crisp.argmax() == wave[10:-10].argmax()


def test_what_lasts_is_not_set_off_and_nothing_leaves_its_range():
    held = np.full((20, 1), 0.5, np.float32)
    np.testing.assert_allclose(set_off(held, 0.5), 0.5 / 1.125)
    rng = np.random.default_rng(3)
    wild = set_off(rng.integers(0, 2, (100, 3)).astype(np.float32), 1.0)
    assert (wild.min(), wild.max()) == (0.0, 1.0)


@pytest.mark.parametrize("num_frames", [1, 2, 3])
def test_short_clips_are_set_off_from_their_ends(num_frames):
    assert set_off(np.full((num_frames, 2), 0.3, np.float32), 0.5).shape == (num_frames, 2)


def test_contacts_and_the_tongue_are_not_set_off():
    tracks = articulate(word(("A", 0.1), ("PBM", 0.06), ("TH", 0.1), ("FV", 0.06)), NUM_HOPS)
    plain, crisp = (tracks_at_frame_rate(tracks, crispness) for crispness in (0.0, 1.0))
    same = [CHANNEL_INDEX[name] for name in ("close", "labiodental", "tongue")]
    np.testing.assert_array_equal(plain[:, same], crisp[:, same])
    others = np.delete(np.arange(9), same)
    assert (np.abs(plain - crisp).max(axis=0)[others] > 0).any()


def test_labels_follow_the_segments_and_are_silence_elsewhere():
    segments = np.array([[3, 0.02, 0.05], [-1, 0.05, 0.07]], np.float32)
    assert phone_labels(segments, 10).tolist() == [0, 0, 3, 3, 3, -1, -1, 0, 0, 0]
