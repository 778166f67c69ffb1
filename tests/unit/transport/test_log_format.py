"""A line of the log tells its stream, for people and for machines."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from posecast.transport.log_format import JsonFormatter, TextFormatter, formatter_for


def make_record(message="complete, %d frames", args=(25,), exc_info=None, **fields):
    record = logging.LogRecord("posecast.x", logging.INFO, __file__, 1, message, args, exc_info)
    record.created = 1_700_000_000.25
    vars(record).update(fields)
    return record


def failing():
    try:
        _ = 1 // 0
    except ZeroDivisionError:
        return sys.exc_info()


STREAM = {"method": "Animate", "stream_id": "5f3a09c1"}


def test_a_json_line_has_time_level_logger_message_and_stream():
    assert json.loads(JsonFormatter().format(make_record(**STREAM))) == {
        "ts": "2023-11-14T22:13:20.250+00:00",
        "level": "INFO",
        "logger": "posecast.x",
        "message": "complete, 25 frames",
        "stream_id": "5f3a09c1",
        "method": "Animate",
    }


def test_a_record_without_stream_has_no_such_key():
    line = json.loads(JsonFormatter().format(make_record()))

    assert set(line) == {"ts", "level", "logger", "message"}


def test_whatever_a_message_quotes_stays_on_one_line_of_ascii():
    message = 'a\nb "c" é \x1b[31m \ud800'

    line = JsonFormatter().format(make_record(message, ()))

    assert "\n" not in line
    assert line.isascii()
    assert json.loads(line)["message"] == message


def test_an_exception_is_a_field_with_its_traceback():
    line = JsonFormatter().format(make_record(exc_info=failing()))

    assert "\n" not in line
    assert "Traceback" in json.loads(line)["exception"]
    assert "ZeroDivisionError" in json.loads(line)["exception"]


def test_a_stack_is_a_field():
    line = json.loads(JsonFormatter().format(make_record(stack_info="Stack: here")))

    assert line["stack"] == "Stack: here"


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        (STREAM, "INFO posecast.x: Animate 5f3a09c1: complete, 25 frames"),
        ({"stream_id": "5f3a09c1"}, "INFO posecast.x: 5f3a09c1: complete, 25 frames"),
        ({}, "INFO posecast.x: complete, 25 frames"),
    ],
    ids=["stream", "id only", "no stream"],
)
def test_a_line_of_text_shows_the_stream_where_there_is_one(fields, end):
    line = TextFormatter().format(make_record(**fields))

    assert line.endswith(f" {end}")
    assert line.startswith("2023-11-1")  # the day depends on the time zone


def test_a_line_of_text_goes_on_with_the_traceback():
    lines = TextFormatter().format(make_record(exc_info=failing())).splitlines()

    assert lines[0].endswith("complete, 25 frames")
    assert lines[-1].startswith("ZeroDivisionError")


def test_the_configuration_chooses_the_format():
    assert isinstance(formatter_for("json"), JsonFormatter)
    assert isinstance(formatter_for("text"), TextFormatter)
