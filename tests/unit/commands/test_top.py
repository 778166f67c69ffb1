"""`posecast top` as an operator runs it, against a server that tells its status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from posecast import cli
from posecast.transport.metrics import ServerMetrics
from posecast.transport.metrics_endpoint import MetricsEndpoint

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "server")}


@pytest.fixture
def metrics_url():
    metrics = ServerMetrics(model="tiny 0", device="cpu")
    metrics.batch_made(window_frames=25, num_windows=2, queue_s=[0.01, 0.01], inference_s=0.5)
    endpoint = MetricsEndpoint(metrics.registry, host="127.0.0.1", port=0)
    yield endpoint.url
    endpoint.close()


def test_once_prints_one_table(status_server, capsys):
    assert cli.main(["top", status_server.address, "--once"]) == 0

    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "posecast 9.8.7, model tiny 0, device cpu"
    assert [line.split()[0] for line in lines[-3:]] == ["stream", "5f3a09c1", "0badcafe"]


def test_metrics_add_how_hard_the_server_works(status_server, metrics_url, capsys):
    arguments = ["top", status_server.address, "--once", "--metrics", metrics_url]

    assert cli.main(arguments) == 0

    told = "batch 2.0, queue 10 ms, inference 500 ms, real-time factor 0.250"
    assert told in capsys.readouterr().out


def test_json_is_one_line_with_the_same(status_server, metrics_url, capsys):
    arguments = ["top", status_server.address, "--once", "--json", "--metrics", metrics_url]

    assert cli.main(arguments) == 0

    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert told["server"]["capacity"] == {"balanced": 40, "realtime": 9}
    assert [stream["stream_id"] for stream in told["streams"]] == ["5f3a09c1", "0badcafe"]
    assert told["activity"]["real_time_factor"] == 0.25
    assert told["unix_time_s"] > 0


def test_json_without_metrics_has_no_activity(status_server, capsys):
    assert cli.main(["top", status_server.address, "--once", "--json"]) == 0

    assert "activity" not in json.loads(capsys.readouterr().out)


def test_no_server_is_one_line_and_status_1(capsys):
    assert cli.main(["top", "127.0.0.1:1", "--once"]) == 1

    assert capsys.readouterr().err == "posecast: error: no server at 127.0.0.1:1\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--interval", "0"], "interval 0.0; allowed: 0.1 to 3600"),
        (["--metrics", "file:///x"], "metrics URL 'file:///x'; allowed: http://"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_status_2(capsys, arguments, message):
    assert cli.main(["top", "127.0.0.1:1", *arguments]) == 2

    complaint = capsys.readouterr().err
    assert message in complaint
    assert complaint.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to a single process")
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
def test_it_goes_on_until_an_interrupt_and_ends_quietly(status_server, form):
    arguments = [status_server.address, "--interval", "0.1", *form]
    process = subprocess.Popen(
        [sys.executable, "-m", "posecast", "top", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, bufsize=1,
    )  # fmt: skip
    try:
        told = ""
        while told.count("9.8.7") < 3:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            told += line
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
    finally:
        process.kill()

    assert process.returncode == 0
    assert complaint == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")
def test_on_a_terminal_the_table_is_drawn_over_and_the_terminal_put_in_order(status_server):
    import pty

    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "posecast", "top", status_server.address, "--interval", "0.1"],
        stdin=terminal, stdout=terminal, stderr=subprocess.PIPE,
        env=ENVIRONMENT | {"TERM": "xterm", "COLUMNS": "160", "LINES": "30"},
    )  # fmt: skip
    os.close(terminal)
    try:
        shown = b""
        while shown.count(b"9.8.7") < 2:
            shown += os.read(main, 4096)
        process.send_signal(signal.SIGINT)
        while b"\x1b[?1049l" not in shown:
            shown += os.read(main, 4096)
        _, complaint = process.communicate(timeout=60)
    finally:
        process.kill()
        os.close(main)

    assert b"\x1b[?1049h" in shown  # the second screen, which the first one comes back from
    assert b"\x1b[?25h" in shown  # the cursor
    assert (process.returncode, complaint) == (0, b"")
