"""`posecast bench` as an operator runs it, with processes of its own; shapes, not times."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "server")}
SHORT = (
    "--seconds", 2, "--warm-up-seconds", 0.5, "--utterance-seconds", 1, "--repeats", 1,
)  # fmt: skip


def run_bench(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "posecast", "bench", *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=120, env=ENVIRONMENT,
    )  # fmt: skip


@pytest.mark.parametrize("arrival", ["microphone", "at-once"])
def test_a_server_of_our_own_is_measured(tiny_package, arrival):
    finished = run_bench(
        "--streams", "1,2", "--arrival", arrival, "--rate", 30, "--json", "-", *SHORT,
        "--", "--model", tiny_package,
    )  # fmt: skip

    assert finished.returncode == 0, finished.stderr
    document = json.loads(finished.stdout)
    assert document["server"]["model"] == "tiny 0"
    assert document["server"]["is_own"]
    assert document["server"]["max_streams"] == 200
    assert document["command"][:3] == ["bench", "--streams", "1,2"]
    assert [level["streams"] for level in document["levels"]] == [1, 2]
    for level in document["levels"]:
        median = level["median"]
        assert (median["num_refused"], median["num_failed"], median["num_cut_off"]) == (0, 0, 0)
        assert (median["num_lost"], median["num_strays"]) == (0, 0)
        assert median["num_utterances"] >= level["streams"]
        assert median["num_frames"] >= 30 * level["streams"]
        assert median["first_frame_ms"]["p50"] > 0
        assert median["end_ms"]["count"] == median["num_utterances"]
        assert median["server"]["peak_rss_mib"] > 10
        assert median["clients"]["peak_rss_mib"] > 10
    assert "first frame" in finished.stderr  # the tables, beside the document


def test_echo_and_more_streams_than_the_server_takes(tiny_package):
    finished = run_bench(
        "--streams", 1, "--echo", "--past", 3, "--processes", 2, "--json", "-",
        *SHORT, "--seconds", 4, "--", "--model", tiny_package, "--max-streams", 2,
        "--capacity", 100,  # a busy machine would refuse one by its load, in other words
    )  # fmt: skip

    assert finished.returncode == 0, finished.stderr
    document = json.loads(finished.stdout)
    level = document["levels"][0]
    assert level["echo"]["median"]["num_lost"] == 0
    assert level["ratios_to_echo"]["first_frame_ms.p50"] > 0
    past = document["past"]
    assert past["before"]["num_frames"] > 0
    assert past["after"]["num_frames"] > 0
    assert (past["newcomers"]["num_streams"], past["newcomers"]["num_refused"]) == (3, 2)
    assert past["newcomers"]["refusals"][0]["status"] == "RESOURCE_EXHAUSTED"
    told = " ".join(document["notes"])
    for refusal in past["newcomers"]["refusals"]:
        assert f"newcomers: {refusal['count']} refused, {refusal['status']}" in told


def test_a_server_that_runs_elsewhere_is_measured_at_its_address(server_process):
    address, pid = server_process

    with_pid = run_bench(address, "--streams", 1, "--pid", pid, "--json", "-", *SHORT)
    without = run_bench(address, "--streams", 1, *SHORT)

    median = json.loads(with_pid.stdout)["levels"][0]["median"]
    assert median["server"]["cpu_s_per_s"] > 0
    assert without.returncode == 0, without.stderr
    assert "give --pid" in without.stdout
    assert "posecast" in without.stdout
    assert without.stderr == ""


def test_a_style_that_the_server_does_not_know_is_one_line_and_status_1(server_process):
    finished = run_bench(server_process[0], "--streams", 2, "--style", "nobody", *SHORT)

    assert finished.returncode == 1
    assert finished.stderr.startswith("posecast: error: unknown style 'nobody'")
    assert finished.stderr.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a process can catch")
def test_whoever_stops_it_stops_its_server_and_its_clients(tiny_package):
    psutil = pytest.importorskip("psutil")
    process = subprocess.Popen(
        [sys.executable, "-m", "posecast", "bench", "--streams", "1",
         "--", "--model", tiny_package],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
    )  # fmt: skip
    children = []
    deadline_s = time.monotonic() + 60
    # The server, the clients, and what multiprocessing starts beside them.
    while len(children) < 3 and time.monotonic() < deadline_s:
        children = psutil.Process(process.pid).children(recursive=True)
        time.sleep(0.1)

    process.terminate()
    try:
        process.communicate(timeout=60)
    finally:
        process.kill()

    assert process.returncode == 130
    assert len(children) >= 3
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []


@pytest.fixture(scope="module")
def server_process(tiny_package):
    """Address and process of a server that others have started."""
    process = subprocess.Popen(
        [sys.executable, "-m", "posecast", "serve", "--port", "0", "--model", str(tiny_package)],
        stdout=subprocess.PIPE, text=True, env=ENVIRONMENT,
    )  # fmt: skip
    address = process.stdout.readline().split()[3].rstrip(",")
    yield address, process.pid
    process.terminate()
    process.communicate()
