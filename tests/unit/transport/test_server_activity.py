"""What a server did between two readings is a mean over that time alone."""

from __future__ import annotations

import pytest

from posecast.transport.metrics_reader import Reading
from posecast.transport.server_activity import activity_between

BEFORE = {
    "process_start_time_seconds": 900.0,
    "process_cpu_seconds_total": 10.0,
    "process_resident_memory_bytes": 1e8,
    "posecast_batch_size_sum": 20.0,
    "posecast_batch_size_count": 20.0,
    "posecast_queue_seconds_sum": 2.0,
    "posecast_queue_seconds_count": 20.0,
    "posecast_inference_seconds_sum": 4.0,
    "posecast_inference_seconds_count": 20.0,
    "posecast_inference_busy_seconds_total": 4.0,
    "posecast_face_seconds_total": 8.0,
    "posecast_deadline_misses_total": 5.0,
    "posecast_lateness_seconds_count": 20.0,
}
AFTER = BEFORE | {
    "process_cpu_seconds_total": 13.0,
    "process_resident_memory_bytes": 2e8,
    "posecast_batch_size_sum": 60.0,
    "posecast_batch_size_count": 30.0,
    "posecast_queue_seconds_sum": 3.0,
    "posecast_queue_seconds_count": 60.0,
    "posecast_inference_seconds_sum": 4.5,
    "posecast_inference_seconds_count": 30.0,
    "posecast_inference_busy_seconds_total": 4.5,
    "posecast_face_seconds_total": 16.0,
    "posecast_deadline_misses_total": 6.0,
    "posecast_lateness_seconds_count": 60.0,
}


def test_means_are_of_the_time_between_the_readings():
    before, after = Reading(taken_s=1000.0, sums=BEFORE), Reading(taken_s=1002.0, sums=AFTER)

    activity = activity_between(before, after)

    assert activity.batch_size == 40 / 10
    assert activity.queue_s == 1 / 40
    assert activity.inference_s == pytest.approx(0.5 / 10)  # a difference of binary fractions
    assert activity.real_time_factor == 0.5 / 8
    assert activity.miss_share == 1 / 40
    assert activity.num_misses == 6
    assert activity.cpu == 3 / 2
    assert activity.memory_bytes == 200_000_000


def test_a_first_reading_is_of_the_time_since_the_start():
    activity = activity_between(None, Reading(taken_s=1000.0, sums=BEFORE))

    assert activity.batch_size == 1.0
    assert activity.real_time_factor == 0.5
    assert activity.cpu == 10 / 100


def test_where_nothing_happened_there_is_no_mean():
    before, after = Reading(taken_s=1000.0, sums=BEFORE), Reading(taken_s=1002.0, sums=BEFORE)

    activity = activity_between(before, after)

    assert activity.batch_size is activity.queue_s is activity.inference_s is None
    assert activity.real_time_factor is activity.miss_share is None
    assert activity.cpu == 0.0


def test_a_system_that_tells_nothing_of_the_process_has_no_cpu_and_memory():
    sums = {name: value for name, value in BEFORE.items() if not name.startswith("process_")}

    activity = activity_between(None, Reading(taken_s=1000.0, sums=sums))

    assert activity.cpu is activity.memory_bytes is None
