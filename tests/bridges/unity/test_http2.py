"""The client over HTTP/2 against a real server: .NET Core's handler stands for Unity's."""

from __future__ import annotations

import time

import numpy as np
import pytest


@pytest.fixture
def run(dotnet, serving, speech):
    """Run a command of the console client to its end; gives its lines."""

    def run(command: str, *more: str) -> list[str]:
        process = dotnet.start("StreamClient.dll", command, serving.url, str(speech), *more)
        printed, complaints = process.communicate(timeout=90)
        assert process.returncode == 0, printed[-2000:] + complaints[-2000:]
        return printed.splitlines()

    return run


def test_calls_with_one_answer(run):
    lines = run("styles")

    assert "style neutral" in lines
    assert any(line.startswith("version ") for line in lines)


def test_a_clip_is_animated(run, expected, faces_of):
    faces = faces_of(run("clip"))

    assert faces.shape == expected.shape
    assert faces[:, 1:53].max() > 0.2


def test_faces_at_the_audios_time_are_those_of_python(run, expected, faces_of):
    lines = run("speak")
    faces = faces_of(lines)

    # The player reads at 60 Hz between the server's frames; a face takes over from rest in 80 ms.
    settled = faces[faces[:, 0] > 0.2]
    for column in range(1, 53):
        wanted = np.interp(settled[:, 0], expected[:, 0], expected[:, column])
        # 1e-4: windows of several streams are made together, which changes the rounding of sums.
        np.testing.assert_allclose(settled[:, column], wanted, atol=2e-4)
    assert len(settled) > 150
    assert [line for line in lines if line.startswith("event UtterancePlayed")] == [
        "event UtterancePlayed 0 False", "event UtterancePlayed 1 False",
    ]  # fmt: skip
    # Another utterance of a stream has another seed: same mouth by and large, another head.
    assert not np.allclose(faces_of(lines, 1)[60, 53:], faces[60, 53:], atol=1e-4)
    assert {"dropped 0", "malformed 0", "closed Closed", "received 150"} <= set(lines)


def test_an_interrupt_eases_to_rest_in_200_ms(run, faces_of):
    lines = run("interrupt")

    after = [line for line in lines[lines.index("interrupted 2") + 1 :] if line.startswith("face ")]
    weights = np.array([[float(cell) for cell in line.split()[3:55]] for line in after])
    resting = np.flatnonzero(weights.max(axis=1) < 1e-3)
    # 200 ms of easing, the way to the server and back, and a frame that is being shown.
    assert resting[0] / 60 < 0.5
    # The line that is heard may have been sent in full before; the one behind it was still open.
    assert "event UtteranceEnded 1 True" in lines
    assert "event UtteranceEnded 2 False" in lines
    assert faces_of(lines, 2)[:, 1:53].max() > 0.2


def test_a_refusal_reaches_the_user_in_the_servers_words(run):
    lines = run("refused")

    assert "state Failed" in lines
    (error,) = [line for line in lines if line.startswith("error ")]
    assert "InvalidArgument: unknown style 'no such style'" in error


def test_idle_life_moves(run, faces_of):
    faces = faces_of(run("idle"))

    assert faces[-1, 53:].std() > 0
    assert np.abs(np.diff(faces[:, 53:], axis=0)).max() < 0.05  # smoothly
    assert not np.allclose(faces[-1, 53:], faces[-60, 53:], atol=1e-5)


def test_a_server_that_comes_back_is_found_within_two_seconds(
    dotnet, serving, speech, expected, faces_of
):
    client = dotnet.start("StreamClient.dll", "reconnect", serving.url, str(speech))
    for line in client.stdout:
        if line.startswith("connected"):
            break
    serving.kill()
    time.sleep(0.3)
    serving.start()

    printed, complaints = client.communicate("go\n", timeout=90)

    assert client.returncode == 0, printed[-2000:] + complaints[-2000:]
    (reconnected,) = [line for line in printed.splitlines() if line.startswith("reconnected ")]
    assert float(reconnected.split()[1]) < 2.0
    faces = faces_of(printed.splitlines())
    settled = faces[faces[:, 0] > 0.2]
    wanted = np.interp(settled[:, 0], expected[:, 0], expected[:, 18])  # jawOpen
    np.testing.assert_allclose(settled[:, 18], wanted, atol=2e-4)
