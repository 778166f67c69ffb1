"""GET /v1/health/ready."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request

import pytest

from posecast.errors import PosecastError
from posecast.transport.readiness_endpoint import ReadinessEndpoint


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as page:  # noqa: S310 - ours
            return page.status, json.load(page)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize(
    ("is_ready", "answer"),
    [(True, (200, {"status": "ready"})), (False, (503, {"status": "not ready"}))],
)
def test_it_tells_whether_new_streams_are_taken(is_ready, answer):
    endpoint = ReadinessEndpoint(lambda: is_ready, host="127.0.0.1", port=0)
    try:
        assert endpoint.url.endswith("/v1/health/ready")
        assert get(endpoint.url) == answer
        assert get(endpoint.url.replace("ready", "other"))[0] == 404
    finally:
        endpoint.close()


def test_a_taken_port_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = f"127.0.0.1:{port}: the port is taken; choose another port with --a2f-http"
        with pytest.raises(PosecastError, match=message):
            ReadinessEndpoint(lambda: True, host="127.0.0.1", port=port)
