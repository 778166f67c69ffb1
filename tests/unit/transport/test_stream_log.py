"""Records know their stream, whatever else their caller tells."""

from __future__ import annotations

import logging

import pytest

from posecast.transport.stream_log import StreamLog


@pytest.fixture
def log():
    return StreamLog(logging.getLogger("posecast.test"), method="Animate", stream_id="5f3a09c1")


def test_a_record_carries_method_and_stream_id(log, caplog):
    with caplog.at_level(logging.INFO):
        log.info("complete, %d frames", 25)

    (record,) = caplog.records
    assert (record.method, record.stream_id) == ("Animate", "5f3a09c1")
    assert record.getMessage() == "complete, 25 frames"


def test_extra_fields_of_the_caller_stay(log, caplog):
    with caplog.at_level(logging.INFO):
        log.info("late", extra={"lateness_s": 0.25})

    (record,) = caplog.records
    assert (record.stream_id, record.lateness_s) == ("5f3a09c1", 0.25)


def test_an_exception_stays_with_its_record(log, caplog):
    try:
        _ = 1 // 0
    except ZeroDivisionError:
        log.exception("failed")

    (record,) = caplog.records
    assert record.exc_info[0] is ZeroDivisionError
