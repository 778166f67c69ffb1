import os
import subprocess
import sys

import pytest

from posecast.transport.bench import process_use
from posecast.transport.bench.process_use import ProcessWatch


@pytest.fixture
def dead_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_process_is_seen():
    pytest.importorskip("psutil")
    watch = ProcessWatch([os.getpid()], begin_s=1.0, end_s=2.0)
    for now_s in (0.5, 1.5, 1.9):
        watch.look(now_s)

    use = watch.use()

    assert use.cpu_s_per_s >= 0.0
    assert use.peak_rss_mib > 5  # an interpreter takes more


def test_processor_time_counts_from_begin_to_end():
    class Times:
        def __init__(self, user):
            self.user, self.system = user, 1.0

    class Process:
        def __init__(self):
            self.user = 0.0

        def cpu_times(self):
            return Times(self.user)

        def memory_info(self):
            return type("Memory", (), {"rss": 3 * process_use.MIB})

    watch = ProcessWatch([], begin_s=1.0, end_s=3.0)
    process = Process()
    watch._processes = [process]
    for now_s, user in ((0.0, 0.0), (1.0, 10.0), (2.0, 10.5), (3.0, 11.0), (4.0, 99.0)):
        process.user = user
        watch.look(now_s)

    assert watch.use().cpu_s_per_s == 0.5
    assert watch.use().peak_rss_mib == 3.0


def test_nothing_is_known_without_psutil(monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    watch = ProcessWatch([os.getpid()], begin_s=0.0, end_s=1.0)
    watch.look(0.0)
    watch.look(1.0)

    assert process_use.find_psutil() is None
    assert watch.use() is None


def test_nothing_is_known_of_a_process_that_is_not_there(dead_pid):
    watch = ProcessWatch([dead_pid], begin_s=0.0, end_s=1.0)
    watch.look(0.0)
    watch.look(1.0)

    assert watch.use() is None


def test_nothing_is_known_of_a_process_that_ends_meanwhile():
    pytest.importorskip("psutil")
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    watch = ProcessWatch([process.pid], begin_s=0.0, end_s=1.0)
    watch.look(0.0)
    process.communicate()
    watch.look(1.0)

    assert watch.use() is None
