"""Places are counted, given back and never exceeded."""

from __future__ import annotations

import pytest

from posecast.errors import Overloaded
from posecast.transport.admission import StreamSlots


def test_one_stream_more_than_allowed_is_refused_naming_the_limit():
    slots = StreamSlots(2)

    with slots.take(), slots.take():
        assert slots.num_taken == 2
        with (
            pytest.raises(Overloaded, match=r"2 streams .* allows 2 \(max_streams\)"),
            slots.take(),
        ):
            pass
        assert slots.num_taken == 2


def test_a_place_is_given_back_when_the_stream_fails():
    slots = StreamSlots(1)

    with pytest.raises(ZeroDivisionError), slots.take():
        _ = 1 // 0

    assert slots.num_taken == 0
