"""Each event moves its metric, and only in the registry of its own server."""

from __future__ import annotations

import pytest
from prometheus_client import generate_latest

from posecast.transport.metrics import ServerMetrics


@pytest.fixture
def metrics():
    return ServerMetrics(model="tiny 0", device="cpu", version="1.2.3")


def value(metrics, name, **labels):
    return metrics.registry.get_sample_value(f"posecast_{name}", labels)


def test_two_servers_of_a_process_do_not_mix(metrics):
    other = ServerMetrics(model="tiny 0", device="cpu")

    metrics.frames_sent(25)

    assert value(metrics, "frames_total") == 25
    assert value(other, "frames_total") == 0


def test_an_open_stream_counts_by_mode_until_it_is_closed(metrics):
    metrics.stream_opened("Animate", "realtime")
    metrics.stream_opened("Animate", "realtime")
    metrics.stream_closed("Animate", "realtime", "CANCELLED")

    assert value(metrics, "streams_open", mode="realtime") == 1
    assert value(metrics, "streams_open", mode="offline") == 0
    assert value(metrics, "streams_started_total", method="Animate", mode="realtime") == 2
    assert value(metrics, "streams_total", method="Animate", status="CANCELLED") == 1
    assert value(metrics, "streams_total", method="Animate", status="OK") == 0


@pytest.mark.parametrize("reason", ["streams", "client", "load", "draining"])
def test_a_refusal_counts_by_reason_from_0(metrics, reason):
    assert value(metrics, "streams_refused_total", reason=reason) == 0

    metrics.stream_refused(reason)

    assert value(metrics, "streams_refused_total", reason=reason) == 1


def test_a_batch_tells_size_waiting_and_the_two_counters_of_the_real_time_factor(metrics):
    metrics.batch_made(window_frames=5, num_windows=3, queue_s=[0.001, 0.04, 0.3], inference_s=0.03)
    metrics.batch_made(window_frames=25, num_windows=1, queue_s=[0.0], inference_s=0.05)

    assert value(metrics, "windows_total") == 4
    assert value(metrics, "batch_size_bucket", le="1.0") == 1
    assert value(metrics, "batch_size_sum") == 4
    assert value(metrics, "queue_seconds_count") == 4
    assert value(metrics, "queue_seconds_bucket", le="0.05") == 3
    assert value(metrics, "inference_seconds_count") == 2
    busy_s = value(metrics, "inference_busy_seconds_total")
    assert busy_s == pytest.approx(0.08)  # sums of binary fractions
    assert value(metrics, "face_seconds_total") == pytest.approx(40 / 25)


def test_a_window_is_a_miss_only_when_it_is_late(metrics):
    for lateness_s in (-0.5, 0.0, 0.01):
        metrics.window_done(lateness_s=lateness_s, mode="balanced")

    assert value(metrics, "deadline_misses_total", mode="balanced") == 1
    assert value(metrics, "lateness_seconds_count", mode="balanced") == 3
    assert value(metrics, "lateness_seconds_bucket", mode="balanced", le="0.0") == 2
    assert value(metrics, "deadline_misses_total", mode="offline") == 0


def test_first_frame_interrupt_and_stage_are_timed(metrics):
    metrics.first_frame(0.18, "realtime")
    metrics.interrupt_answered(0.012)
    metrics.stage_done("denoising", 0.02)

    assert value(metrics, "first_frame_seconds_bucket", mode="realtime", le="0.15") == 0
    assert value(metrics, "first_frame_seconds_bucket", mode="realtime", le="0.2") == 1
    assert value(metrics, "interrupt_seconds_sum") == 0.012
    assert value(metrics, "stage_seconds_sum", stage="denoising") == 0.02


def test_load_and_failures_of_the_device_are_told(metrics):
    metrics.set_load(0.75)
    metrics.device_failed()

    assert value(metrics, "load") == 0.75
    assert value(metrics, "device_restarts_total") == 1


def test_the_queue_is_asked_whenever_the_metrics_are_read(metrics):
    queue = [1, 2]
    metrics.watch(lambda: len(queue))
    assert value(metrics, "queued_windows") == 2

    queue.clear()

    assert value(metrics, "queued_windows") == 0


def test_what_runs_is_told(metrics):
    told = {"version": "1.2.3", "model": "tiny 0", "device": "cpu"}

    assert value(metrics, "build_info", **told) == 1


def test_every_query_of_the_documentation_names_metrics_that_exist(metrics):
    text = generate_latest(metrics.registry).decode()
    words = ServerMetrics.__doc__.replace("(", " ").replace("[", " ").split()
    names = {word for word in words if word.startswith("posecast_")}

    assert len(names) == 7
    assert [name for name in names if f"\n{name}" not in text] == []


def test_frames_of_a_receiver_beside_the_clients_count_by_their_fate(metrics):
    metrics.add_outlet("live_link")
    metrics.outlet_frames("live_link", "late", 3)

    labels = {"outlet": "live_link"}
    assert value(metrics, "outlet_frames_total", fate="late", **labels) == 3
    assert value(metrics, "outlet_frames_total", fate="dropped", **labels) == 0
    assert value(metrics, "outlet_frames_total", outlet="vmc", fate="late") is None
