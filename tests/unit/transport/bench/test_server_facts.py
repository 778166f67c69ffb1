import socket

import pytest

from posecast.errors import ModelUnavailable
from posecast.transport.bench import server_facts


def test_a_server_that_is_not_there_is_one_line(monkeypatch):
    monkeypatch.setattr(server_facts, "CONNECT_LIMIT_S", 0.1)
    with socket.socket() as unheard:  # bound and never listening: nobody answers there
        unheard.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unheard.getsockname()[1]}"

        with pytest.raises(ModelUnavailable, match=f"no server at {address} within 0.1 s"):
            server_facts.ask_server(address)


def test_a_server_that_does_not_tell_what_it_is_is_an_error():
    from posecast.transport.bench.echo_server import running_echo_server

    with running_echo_server() as server, pytest.raises(Exception, match="not implemented"):
        server_facts.ask_server(server.address)
