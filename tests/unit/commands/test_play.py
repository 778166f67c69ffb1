"""`posecast play`: what is said, what is sent, and what is refused."""

from __future__ import annotations

import re
import socket

import numpy as np
import pytest

from posecast import cli
from posecast.livelink_values import VALUE_NAMES
from posecast.rig import calibration
from posecast.rig.arkit import CURVE_INDEX, NUM_CURVES
from posecast.signals import FaceFrames
from posecast.takes import write_take

JAW, YAW = VALUE_NAMES.index("JawOpen"), VALUE_NAMES.index("HeadYaw")


@pytest.fixture
def receiver():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)
        yield receiver


@pytest.fixture
def play(receiver, read_packet):
    """Play to the test; returns the status and the packets."""

    def run(*arguments):
        address = f"127.0.0.1:{receiver.getsockname()[1]}"
        status = cli.main(["play", *map(str, arguments), "--live-link", address])
        packets = []
        while True:
            try:
                packets.append(read_packet(receiver.recv(2000)))
            except BlockingIOError:
                return status, packets

    return run


@pytest.fixture
def take(tmp_path):
    weights = np.zeros((15, NUM_CURVES), np.float32)
    weights[:, CURVE_INDEX["jawOpen"]] = np.linspace(0.1, 0.5, 15)
    frames = FaceFrames(
        first_index=0,
        frame_rate_hz=30,
        weights=weights,
        head=np.tile(np.array([0, np.sin(0.1), 0, np.cos(0.1)], np.float32), (15, 1)),
    )
    return lambda name, *how: (write_take(frames, tmp_path / name, *how), tmp_path / name)[1]


@pytest.mark.parametrize(
    ("name", "how"),
    [("face.csv", ()), ("face.json", ()), ("face.npz", ()), ("a_1_Anna.csv", ("livelink",))],
    ids=lambda value: str(value),
)
def test_a_take_is_played_at_its_own_rate_and_left_at_rest(play, take, capsys, name, how):
    path = take(name, *how)

    status, packets = play(path)

    assert status == 0
    jaws = [packet.values[JAW] for packet in packets]
    assert len(packets) == 15 + 6, "and 200 ms of easing"
    np.testing.assert_allclose(jaws[:15], np.linspace(0.1, 0.5, 15), atol=1e-4)
    assert not packets[-1].values.any()
    yaw_deg = np.degrees(0.2)
    np.testing.assert_allclose([p.values[YAW] for p in packets[:15]], yaw_deg / 50, atol=1e-4)
    times_s = np.array([packet.time_s for packet in packets])
    np.testing.assert_allclose(np.diff(times_s), 1 / 30, atol=1e-4)
    said = capsys.readouterr().out.splitlines()
    assert re.fullmatch(
        rf"posecast: playing {re.escape(str(path))}: 15 frames at 30 fps, to Live Link "
        r"127\.0\.0\.1:\d+ as Posecast, head scale metahuman; Ctrl-C ends it",
        said[0],
    )
    assert re.fullmatch(
        r"posecast: Live Link 127\.0\.0\.1:\d+: 21 frames sent, \d+ late, 0 packets refused; "
        r"95 % within -?[\d.]+ ms of their time",
        said[1],
    )


def test_rate_subject_head_scale_and_delay_are_as_asked(play, take):
    flags = ("--rate", 60, "--subject", "Anna", "--head-scale", "degrees", "--audio-delay-ms", 300)

    _, packets = play(take("face.csv"), *flags)

    assert len(packets) == 29 + 12
    assert {(packet.subject, packet.rate) for packet in packets} == {("Anna", (60, 1))}
    assert packets[0].values[YAW] == pytest.approx(-np.degrees(0.2), abs=0.01)
    assert [packet.number for packet in packets] == [*range(41)]


def test_a_take_goes_to_a_vmc_receiver_beside_the_other(play, take, vmc_avatar, capsys):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stage:
        stage.bind(("127.0.0.1", 0))
        stage.setblocking(False)
        address = f"127.0.0.1:{stage.getsockname()[1]}"
        status, packets = play(take("face.csv"), "--vmc", address, "--vmc-names", "arkit")
        for _ in range(2 * 21):
            vmc_avatar.take(stage.recv(2000))

    assert status == 0
    jaws = [frame.shapes["jawOpen"] for frame in vmc_avatar.shown]
    np.testing.assert_allclose(jaws, [packet.values[JAW] for packet in packets], atol=1e-6)
    _, rotation = vmc_avatar.shown[0].bones["Neck"]
    np.testing.assert_allclose(rotation, [0, -np.sin(0.03), 0, np.cos(0.03)], atol=1e-5)
    times_s = [frame.time_s for frame in vmc_avatar.shown]
    np.testing.assert_allclose(times_s, np.arange(21) / 30, atol=1e-4)
    said = capsys.readouterr().out
    assert f", and to VMC {address} with arkit names; Ctrl-C ends it\n" in said
    assert re.search(
        rf"posecast: VMC {re.escape(address)}: 21 frames sent, \d+ late, 0 packets", said
    )


def test_the_calibration_tells_its_steps(play, capsys, monkeypatch):
    monkeypatch.setattr(calibration, "STEPS", calibration.STEPS[:1])  # 2 s of 12

    status, packets = play("--calibrate", "--head-scale", "degrees")

    assert status == 0
    assert [packet.number for packet in packets] == [*range(60)]
    assert packets[20].values[YAW] == pytest.approx(-20, abs=0.01)
    assert not packets[-1].values.any()
    said = capsys.readouterr().out
    assert "playing the calibration: 60 frames at 30 fps" in said
    assert "     0 s  turns its head 20 degrees to its own left\n" in said


def test_a_receiver_that_is_not_there_is_told_once_and_does_no_harm(take, capsys, caplog):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        port = gone.getsockname()[1]

    assert cli.main(["play", str(take("face.csv")), "--live-link", f"127.0.0.1:{port}"]) == 0

    assert re.search(r"21 frames sent, \d+ late, (19|20) packets refused", capsys.readouterr().out)
    (record,) = caplog.records
    assert record.getMessage().endswith("nobody takes the frames, going on: Connection refused")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["face.csv"], "nowhere to play to; give --live-link HOST[:PORT] or --vmc HOST[:PORT]"),
        (["--live-link", "::1"], "nothing to play; give either FACE or --calibrate"),
        (
            ["face.csv", "--calibrate", "--live-link", "h"],
            "nothing to play; give either FACE or --calibrate",
        ),
        (["face.csv", "--live-link", "h:x"], "address 'h:x': port 'x'; allowed: 1 to 65535"),
        (
            ["face.csv", "--live-link", "h", "--subject", "é"],
            "subject 'é'; allowed: 1 to 200 printable ASCII characters",
        ),
        (
            ["face.csv", "--live-link", "h", "--head-scale", "x"],
            "head scale 'x'; allowed: metahuman, arkit, degrees, or three numbers YAW,PITCH,ROLL",
        ),
        (["face.csv", "--live-link", "h", "--rate", "0"], "rate 0; allowed: 1 to 240"),
        (["face.csv", "--vmc", "h:x"], "address 'h:x': port 'x'; allowed: 1 to 65535"),
        (
            ["face.csv", "--live-link", "h", "--audio-delay-ms", "10001"],
            "audio_delay_ms 10001; allowed: 0 to 10000",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_argument_is_one_line_and_status_2(capsys, arguments, message):
    assert cli.main(["play", *arguments]) == 2

    assert capsys.readouterr().err == f"posecast: error: {message}\n"


def test_a_take_that_cannot_be_read_or_a_host_that_is_not_found_is_status_1(take, capsys):
    assert cli.main(["play", "no.csv", "--live-link", "127.0.0.1"]) == 1
    assert capsys.readouterr().err == "posecast: error: no.csv: No such file or directory\n"

    address = "no.such.host.invalid"
    assert cli.main(["play", str(take("face.csv")), "--live-link", address]) == 1
    assert "error: cannot send to no.such.host.invalid, port 11111: " in capsys.readouterr().err
