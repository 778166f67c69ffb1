"""What a client may still have to show."""

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.rig.arkit import NUM_CURVES
from posecast.session.shown_frames import KEPT_S, ShownFrames
from posecast.signals import FaceFrames


def numbered(first_index, count, frame_rate_hz=30):
    """Frames whose weights are their index in thousandths."""
    index = np.arange(first_index, first_index + count, dtype=np.float32)
    head = np.tile(np.array([0, 0, 0, 1], np.float32), (count, 1))
    return FaceFrames(
        first_index=first_index,
        frame_rate_hz=frame_rate_hz,
        weights=np.repeat(index[:, None] / 1000, NUM_CURVES, axis=1),
        head=head,
    )


def place_before(shown, frame_index, utterance_index=None):
    utterance, index, (weights, head) = shown.before(frame_index, utterance_index)
    assert np.linalg.norm(head) == pytest.approx(1)
    return utterance, index, round(float(weights[0]) * 1000)


@pytest.fixture
def shown():
    shown = ShownFrames(30)
    shown.add(0, numbered(0, 10))
    shown.add(0, numbered(10, 10))
    shown.add(1, numbered(0, 5))
    return shown


def test_nothing_was_shown_at_first():
    shown = ShownFrames(30)
    assert shown.before(None, None) is None
    assert shown.last is None


@pytest.mark.parametrize(
    ("frame_index", "utterance_index", "expected"),
    [
        (None, None, (1, 5, 4)),
        (3, None, (1, 3, 2)),
        (0, None, (1, 0, 0)),
        (20, 0, (0, 20, 19)),
        (10, 0, (0, 10, 9)),
        (11, 0, (0, 11, 10)),
        (None, 0, (0, 20, 19)),
    ],
)
def test_the_face_before_a_frame_is_found(shown, frame_index, utterance_index, expected):
    assert place_before(shown, frame_index, utterance_index) == expected


@pytest.mark.parametrize(
    ("frame_index", "utterance_index", "message"),
    [
        (6, None, "frame 6; allowed: 0 to 5"),
        (21, 0, "frame 21; allowed: 0 to 20"),
        (0, 2, "utterance 2; allowed: 0 to 1"),
    ],
)
def test_what_was_not_shown_is_refused(shown, frame_index, utterance_index, message):
    with pytest.raises(InvalidRequest, match=message):
        shown.before(frame_index, utterance_index)


def test_what_is_cut_is_forgotten(shown):
    shown.cut(0, 13)
    shown.add(0, numbered(13, 2))

    assert place_before(shown, None) == (0, 15, 14)
    assert place_before(shown, 13) == (0, 13, 12)


@pytest.mark.parametrize(
    ("frame_index", "utterance_index"),
    [(18, 0), (20, 0), (3, 1)],
    ids=["behind the cut", "the end", "of an utterance that is cut as a whole"],
)
def test_a_frame_that_was_sent_and_cut_means_the_end_of_what_is_left(
    shown, frame_index, utterance_index
):
    shown.cut(0, 13)
    shown.add(0, numbered(13, 2))

    assert place_before(shown, frame_index, utterance_index) == (0, 15, 14)


@pytest.mark.parametrize(("frame_index", "utterance_index"), [(21, 0), (6, 1), (0, 2)])
def test_what_was_never_shown_is_refused_after_a_cut_too(shown, frame_index, utterance_index):
    shown.cut(0, 13)
    shown.add(0, numbered(13, 2))

    with pytest.raises(InvalidRequest, match="interrupt"):
        shown.before(frame_index, utterance_index)


def test_the_ends_of_utterances_that_are_long_past_are_forgotten():
    shown = ShownFrames(25)
    for utterance in range(1_000):
        shown.add(utterance, numbered(0, 100, 25))

    assert len(shown._sent_ends) <= KEPT_S * 25 / 100 + 1


def test_a_minute_is_kept_and_no_more():
    shown = ShownFrames(25)
    for first in range(0, 100_000, 25):
        shown.add(0, numbered(first, 25, 25))

    assert shown._num_frames <= KEPT_S * 25 + 25
    oldest = 100_000 - round(KEPT_S * 25)
    utterance, index, _ = shown.before(5, None)
    assert (utterance, index) == (0, 5)
    assert shown._kept[0].first_index <= oldest
