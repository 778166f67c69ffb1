"""The flags of `posecast serve` reach the server's configuration and the log."""

from __future__ import annotations

import logging
import types

import pytest

from posecast import cli
from posecast.config import ServerConfig
from posecast.session.engine import AnimationEngine
from posecast.transport import server
from posecast.transport.log_format import JsonFormatter, TextFormatter


@pytest.fixture
def configs(monkeypatch):
    """Configurations that were served; no model is loaded and no port opened."""
    served = []
    nothing = types.SimpleNamespace()

    async def serve(engine, config, on_ready):
        served.append(config)

    monkeypatch.setattr(AnimationEngine, "load", lambda *_: nothing)
    monkeypatch.setattr(server, "serve", serve)
    return served


@pytest.fixture
def root_handlers(monkeypatch):
    """Handlers of the root logger, to be emptied by the test: pytest adds its own before it."""
    root = logging.getLogger()
    level = root.level
    handlers = []
    monkeypatch.setattr(root, "handlers", handlers)
    yield handlers
    root.setLevel(level)


def test_without_flags_there_are_no_metrics_no_traces_and_a_log_of_text(configs):
    assert cli.main(["serve"]) == 0

    (config,) = configs
    assert (config.metrics_port, config.traces, config.log_format) == (None, False, "text")


def test_flags_choose_metrics_traces_and_the_form_of_the_log(configs):
    flags = ["--metrics-port", "0", "--traces", "--log-format", "json"]

    assert cli.main(["serve", *flags]) == 0

    (config,) = configs
    assert (config.metrics_port, config.traces, config.log_format) == (0, True, "json")


def test_a_flag_that_is_left_out_leaves_the_file_alone(configs, tmp_path):
    path = tmp_path / "server.toml"
    path.write_text("metrics_port = 9464\ntraces = true\nlog_format = 'json'\n")

    assert cli.main(["serve", "--config", str(path), "--port", "1"]) == 0

    assert configs == [ServerConfig(port=1, metrics_port=9464, traces=True, log_format="json")]


@pytest.mark.parametrize(
    ("flags", "formatter", "level"),
    [
        ([], TextFormatter, logging.WARNING),
        (["--log-format", "json", "-v"], JsonFormatter, logging.INFO),
    ],
    ids=["usual", "json"],
)
def test_the_log_is_written_as_asked(configs, root_handlers, flags, formatter, level):
    root_handlers.clear()

    assert cli.main(["serve", *flags]) == 0

    (handler,) = root_handlers
    assert isinstance(handler.formatter, formatter)
    assert logging.getLogger().level == level


def test_a_port_out_of_range_is_one_line_and_status_2(configs, capsys):
    assert cli.main(["serve", "--metrics-port", "70000"]) == 2

    complaint = capsys.readouterr().err
    assert complaint == "posecast: error: metrics_port 70000; allowed: 0 to 65535\n"
    assert configs == []


def test_an_unknown_form_of_the_log_is_refused(configs, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["serve", "--log-format", "xml"])

    assert caught.value.code == 2
    assert "invalid choice: 'xml'" in capsys.readouterr().err
    assert configs == []
