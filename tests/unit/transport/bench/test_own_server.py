import os
from pathlib import Path

import pytest

import posecast
from posecast.errors import PosecastError
from posecast.transport.bench import own_server


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    """The server is a process of its own, which does not inherit pytest's path."""
    root = str(Path(posecast.__file__).parents[1])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]))


def test_a_server_that_does_not_start_is_told_by_its_own_last_line():
    with (
        pytest.raises(PosecastError) as caught,
        own_server.running_own_server(["--port", "70000"]),
    ):
        pass

    assert str(caught.value) == (
        "the server did not start, status 2: port 70000; allowed: 0 to 65535"
    )


def test_a_server_that_takes_too_long_is_told_and_stopped(monkeypatch):
    monkeypatch.setattr(own_server, "START_LIMIT_S", 0.0)
    processes = []
    stop = own_server._stop
    monkeypatch.setattr(
        own_server, "_stop", lambda process: (processes.append(process), stop(process))
    )

    with (
        pytest.raises(PosecastError, match="the server was not ready within 0 s"),
        own_server.running_own_server(["--port", "0"]),
    ):
        pass

    assert processes[0].returncode is not None
