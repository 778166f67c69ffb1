"""Metrics are read from whatever an operator may name, or it is said why not."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager

import pytest
from prometheus_client import CollectorRegistry, Gauge

from posecast.errors import InvalidRequest, PosecastError
from posecast.transport.metrics import ServerMetrics
from posecast.transport.metrics_endpoint import MetricsEndpoint
from posecast.transport.metrics_reader import metrics_url, read_metrics


@contextmanager
def showing(registry):
    endpoint = MetricsEndpoint(registry, host="127.0.0.1", port=0)
    try:
        yield endpoint.url
    finally:
        endpoint.close()


@contextmanager
def answering(data):
    """A server that answers one request with the given bytes."""

    def answer():
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/metrics"
        thread.join()


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("localhost:9464", "http://localhost:9464/metrics"),
        ("http://localhost:9464", "http://localhost:9464/metrics"),
        ("https://host/other", "https://host/other"),
        ("[::1]:9464", "http://[::1]:9464/metrics"),
    ],
)
def test_what_is_left_out_of_a_url_is_completed(text, url):
    assert metrics_url(text) == url


@pytest.mark.parametrize("text", ["", "file:///etc/hosts", "ftp://x", "host:many", "host:0", "[::"])
def test_a_url_that_is_not_of_http_is_refused(text):
    with pytest.raises(InvalidRequest, match=r"metrics URL .* allowed: http://HOST:PORT/metrics"):
        metrics_url(text)


def test_samples_are_summed_over_their_labels():
    metrics = ServerMetrics(model="tiny 0", device="cpu")
    metrics.window_done(lateness_s=0.5, mode="realtime")
    metrics.window_done(lateness_s=0.5, mode="balanced")

    with showing(metrics.registry) as url:
        reading = read_metrics(url)

    assert reading.value("posecast_deadline_misses_total") == 2
    assert reading.value("posecast_unknown") == 0


def test_metrics_of_another_program_are_refused():
    registry = CollectorRegistry()
    Gauge("other", "Of another.", registry=registry)

    with showing(registry) as url, pytest.raises(PosecastError, match="of another program"):
        read_metrics(url)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.0 404 Not Found\r\n\r\n", "Not Found"),
        (b"SSH-2.0-OpenSSH\r\n", "the answer is something else"),
        (b"HTTP/1.0 200 OK\r\n\r\n\xff\xfe", "the answer is something else"),
        (b"HTTP/1.0 200 OK\r\n\r\n<html>no {metrics\n", "the answer is something else"),
    ],
    ids=["status", "protocol", "bytes", "page"],
)
def test_an_answer_without_metrics_is_told(answer, reason):
    with answering(answer) as url, pytest.raises(PosecastError, match=f"{url}: {reason}"):
        read_metrics(url)


def test_nobody_there_is_told_in_words():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/metrics"

    with pytest.raises(PosecastError, match=f"{url}: Connection refused"):
        read_metrics(url)


def test_an_endpoint_that_is_silent_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/metrics"

        with pytest.raises(PosecastError, match="timed out"):
            read_metrics(url, timeout_s=0.2)
