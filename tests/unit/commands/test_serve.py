"""The flags of `posecast serve` reach the server's configuration and the log."""

from __future__ import annotations

import dataclasses
import logging
import re
import types

import pytest

from posecast import cli
from posecast.config import A2FConfig, ServerConfig
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


def test_every_setting_of_a_server_has_a_flag(configs):
    values = {
        "host": "::1", "port": 1, "model": "folder", "device": "cpu", "max_streams": 2,
        "max_clip_s": 3.5, "max_message_bytes": 65_536, "max_buffered_s": 4.5, "max_idle_s": 5.5,
        "max_streams_per_client": 6, "capacity": 0.75, "device_timeout_s": 7.5, "metrics_port": 8,
        "log_format": "json", "traces": True, "grace_s": 9.5, "live_link": "[::1]:2",
        "subject": "Anna Maria", "head_scale": "0.1,-0.1,0.1", "audio_delay_ms": 11,
        "vmc": "stage:3", "vmc_names": "arkit",
        "rig_map": "map.npz",
    }  # fmt: skip
    names = {field.name for field in dataclasses.fields(ServerConfig)} - {"a2f"}
    flags = [
        word
        for name, value in values.items()
        for word in (_flag(name), *([] if value is True else [str(value)]))
    ]

    assert cli.main(["serve", *flags]) == 0

    assert set(values) == names - {"flame_model"}  # which takes the place of `rig_map`
    assert configs == [ServerConfig(**values)]


def test_a_flame_model_is_named_instead_of_a_map(configs):
    assert cli.main(["serve", "--flame-model", "flame.npz"]) == 0
    assert cli.main(["serve", "--flame-model", "flame.npz", "--rig-map", "map.npz"]) == 2

    assert configs == [ServerConfig(flame_model="flame.npz")]


@pytest.mark.parametrize(
    ("flags", "a2f"),
    [
        ([], A2FConfig()),
        (["--a2f"], A2FConfig(port=52_000)),
        (["--a2f", "7", "--a2f-http"], A2FConfig(port=7, http_port=8_000)),
        (["--a2f-http", "0"], A2FConfig(http_port=0)),
    ],
    ids=str,
)
def test_ports_for_clients_of_audio2face_are_usual_or_named(configs, flags, a2f):
    assert cli.main(["serve", *flags]) == 0

    assert configs == [ServerConfig(a2f=a2f)]


def test_a_flag_overrides_one_key_of_a_table(configs, tmp_path):
    path = tmp_path / "server.toml"
    path.write_text("[a2f]\nport = 1\nframe_rate_hz = 60\nblend_shapes = ['jawOpen']\n")

    assert cli.main(["serve", "--config", str(path), "--a2f", "2"]) == 0

    (config,) = configs
    assert config.a2f == A2FConfig(port=2, frame_rate_hz=60, blend_shapes=("jawOpen",))


def _flag(name):
    """A unit is written out in a flag: a person reads it."""
    return "--" + re.sub("_s$", "_seconds", name).replace("_", "-")


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


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--metrics-port", "70000"], "metrics_port 70000; allowed: 0 to 65535"),
        (["--max-streams-per-client", "-1"], "max_streams_per_client -1; allowed: 0 to 10000"),
        (["--max-message-bytes", "9"], "max_message_bytes 9; allowed: 65536 to 2147483647"),
        (["--max-buffered-seconds", "0"], "max_buffered_s 0.0; allowed: 1.0 to 3600.0"),
        (["--max-idle-seconds", "0.5"], "max_idle_s 0.5; allowed: 1.0 to 86400.0"),
        (["--capacity", "0"], "capacity 0.0; allowed: 0.05 to 1000.0"),
        (["--device-timeout-seconds", "0"], "device_timeout_s 0.0; allowed: 0.5 to 600.0"),
        (["--live-link", "host:0"], "address 'host:0': port '0'; allowed: 1 to 65535"),
        (["--vmc", ":1"], "address ':1'; expected HOST or HOST:PORT"),
        (["--subject", ""], "subject ''; allowed: 1 to 200 printable ASCII characters"),
        (["--audio-delay-ms", "-1"], "audio_delay_ms -1; allowed: 0 to 10000"),
        (["--a2f", "70000"], "a2f.port 70000; allowed: 0 to 65535"),
        (["--a2f-http", "-1"], "a2f.http_port -1; allowed: 0 to 65535"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_setting_out_of_range_is_one_line_and_status_2(configs, capsys, flags, message):
    assert cli.main(["serve", *flags]) == 2

    assert capsys.readouterr().err == f"posecast: error: {message}\n"
    assert configs == []


@pytest.mark.parametrize(
    ("places", "flags", "facts"),
    [
        ({}, [], ""),
        ({"metrics_url": "http://[::1]:8/metrics"}, [], ", metrics http://[::1]:8/metrics"),
        (
            {},
            ["--live-link", "editor", "--subject", "Anna"],
            ", Live Link editor as Anna, head scale metahuman",
        ),
        ({}, ["--vmc", "stage"], ", VMC stage with perfect-sync names"),
        (
            {"a2f_address": "[::1]:9", "ready_url": "http://[::1]:10/v1/health/ready"},
            [],
            ", a2f [::1]:9, ready http://[::1]:10/v1/health/ready",
        ),
    ],
    ids=["usual", "metrics", "live link", "vmc", "a2f"],
)
def test_the_line_that_tells_ready_has_all_places_that_there_are(
    monkeypatch, capsys, places, flags, facts
):
    nowhere = {"metrics_url": None, "a2f_address": None, "ready_url": None}

    async def serve(engine, config, on_ready):
        on_ready(types.SimpleNamespace(address="[::1]:7", **{**nowhere, **places}))

    engine = types.SimpleNamespace(
        config=types.SimpleNamespace(name="tiny", version="0"), device="cpu"
    )
    monkeypatch.setattr(AnimationEngine, "load", lambda *_: engine)
    monkeypatch.setattr(server, "serve", serve)

    assert cli.main(["serve", *flags]) == 0

    line = f"posecast: serving on [::1]:7, model tiny 0, device cpu{facts}\n"
    assert capsys.readouterr().out == line


def test_an_unknown_form_of_the_log_is_refused(configs, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["serve", "--log-format", "xml"])

    assert caught.value.code == 2
    assert "invalid choice: 'xml'" in capsys.readouterr().err
    assert configs == []
