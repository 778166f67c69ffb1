"""Processes of clients: these start for real, so there are few tests and short runs."""

import os
import signal

import pytest

from posecast.config import AnimationOptions
from posecast.errors import PosecastError
from posecast.transport.bench.echo_server import running_echo_server
from posecast.transport.bench.fleet import Fleet
from posecast.transport.bench.planning import config_message, plan_streams


@pytest.fixture(scope="module")
def echo():
    with running_echo_server() as server:
        yield server


def test_streams_are_dealt_out_and_come_back_in_order(echo, make_load, make_speech):
    load = make_load(measured_s=0.5)
    plans = plan_streams(3, load, config_message(AnimationOptions(), 16_000), seed=0)
    ticks = []
    with Fleet(2) as fleet:
        pids = fleet.pids
        for _ in range(2):
            records = fleet.run(echo.address, plans, load, make_speech(), ticks.append)

            assert [record.number for record in records] == [0, 1, 2]
            assert [record.utterances[0].num_frames for record in records] == [13, 13, 13]

    assert len(set(pids)) == 2
    assert os.getpid() not in pids
    assert max(ticks) >= 0.5


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_process_that_dies_is_told(echo, make_load, make_speech):
    load = make_load(measured_s=20.0)
    plans = plan_streams(1, load, config_message(AnimationOptions(), 16_000), seed=0)
    with Fleet(1) as fleet:

        def kill(now_s):
            os.kill(fleet.pids[0], signal.SIGKILL)

        with pytest.raises(PosecastError, match="a process of clients has died"):
            fleet.run(echo.address, plans, load, make_speech(), kill)
