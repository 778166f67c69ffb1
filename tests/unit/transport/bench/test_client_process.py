import socket

import pytest

from posecast.transport.bench import client_process
from posecast.transport.bench.client_process import GO, READY, Job, serve_jobs
from posecast.transport.bench.planning import plan_streams


class Pipe:
    """Hands over what the parent would send, and keeps what it would get."""

    def __init__(self, *parcels):
        self._parcels = list(parcels)
        self.sent = []

    def recv(self):
        if not self._parcels:
            raise EOFError
        return self._parcels.pop(0)

    def send(self, parcel):
        self.sent.append(parcel)


@pytest.fixture(autouse=True)
def _keep_ctrl_c(monkeypatch):
    monkeypatch.setattr(client_process.signal, "signal", lambda number, handler: None)


def test_a_server_that_is_not_there_is_told_in_one_line(monkeypatch, make_load, make_speech):
    monkeypatch.setattr(client_process, "CONNECT_LIMIT_S", 0.1)
    with socket.socket() as unheard:  # bound and never listening: nobody answers there
        unheard.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unheard.getsockname()[1]}"
        plans = tuple(plan_streams(1, make_load(), b"", seed=0))
        job = Job(address=address, load=make_load(), plans=plans, speech=make_speech())
        pipe = Pipe(job)

        serve_jobs(pipe)

    assert pipe.sent == [f"no server at {address} within 0.1 s"]


def test_a_job_without_streams_is_ready_and_waits_for_the_word_to_go(make_load, make_speech):
    pipe = Pipe(Job(address="", load=make_load(), plans=(), speech=make_speech()), GO)

    serve_jobs(pipe)

    assert pipe.sent == [READY, []]
