from __future__ import annotations

import logging

from posecast.transport.outlets.counts import FATES, OutletCounts


def test_every_fate_is_counted_and_told():
    told = []
    counts = OutletCounts("test", lambda fate, num: told.append((fate, num)))

    for lateness_s in (-0.0005, 0.0, 0.01, 0.0101, 1.0):
        counts.sent(lateness_s)
    counts.hidden()
    counts.dropped(25, "why")
    counts.refused("why")

    assert [counts.num(fate) for fate in FATES] == [3, 2, 1, 25, 1]
    assert counts.num_sent == 5
    assert told == [
        *[("in_time", 1)] * 3, *[("late", 1)] * 2, ("hidden", 1), ("dropped", 25), ("refused", 1),
    ]  # fmt: skip


def test_the_95th_percentile_of_lateness_is_in_milliseconds():
    counts = OutletCounts("test")
    assert counts.lateness_p95_ms == 0.0

    for number in range(101):
        counts.sent(number / 1e5)

    assert round(counts.lateness_p95_ms, 6) == 0.95


def test_only_the_first_trouble_of_a_kind_is_logged(caplog):
    counts = OutletCounts("Live Link host")
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            counts.refused("Connection refused")
            counts.dropped(5, "more than 60 s wait")

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "Live Link host: nobody takes the frames, going on: Connection refused"),
        ("WARNING", "Live Link host: frames are dropped: more than 60 s wait"),
    ]
