import socket

import pytest

from posecast.errors import ModelUnavailable, PosecastError
from posecast.transport.bench import server_facts
from posecast.transport.bench.echo_server import running_echo_server


def test_a_server_that_is_not_there_is_one_line(monkeypatch):
    monkeypatch.setattr(server_facts, "CONNECT_LIMIT_S", 0.1)
    with socket.socket() as unheard:  # bound and never listening: nobody answers there
        unheard.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unheard.getsockname()[1]}"

        with pytest.raises(ModelUnavailable, match=f"no server at {address} within 0.1 s"):
            server_facts.ask_server(address)


def test_a_server_that_does_not_tell_what_it_is_is_an_error():
    with running_echo_server() as server, pytest.raises(PosecastError, match="UNIMPLEMENTED"):
        server_facts.ask_server(server.address)


@pytest.fixture
def open_streams(monkeypatch):
    """Streams that the server tells of, answer after answer; the last one stays."""
    left = []

    def ask(address):
        return {"streams_before": left.pop(0) if len(left) > 1 else left[0]}

    monkeypatch.setattr(server_facts, "ask_server", ask)
    return left


def test_a_server_is_at_rest_when_only_others_streams_are_open(open_streams):
    open_streams += [9, 5, 2, 0]

    server_facts.await_rest("", 2)

    assert open_streams == [0]  # asked three times


def test_a_server_that_others_keep_busy_is_not_waited_for_longer_than_allowed(
    open_streams, monkeypatch
):
    monkeypatch.setattr(server_facts, "REST_LIMIT_S", 0.0)
    open_streams += [9]

    server_facts.await_rest("", 2)

    assert open_streams == [9]
