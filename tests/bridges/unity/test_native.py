"""The client over the native core, by P/Invoke under Mono, against a real server."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
SIZES = """#include "posecast_core.h"
#include <stdio.h>
int main(void) {
  printf("NativeCurveAdjustment %zu\\n", sizeof(posecast_curve_adjustment));
  printf("NativeEvent %zu\\n", sizeof(posecast_event));
  printf("NativeFrame %zu\\n", sizeof(posecast_frame));
  printf("NativeOptions %zu\\n", sizeof(posecast_options));
  printf("NativeSettings %zu\\n", sizeof(posecast_settings));
  printf("NativeStats %zu\\n", sizeof(posecast_stats));
}
"""


@pytest.fixture(scope="module")
def library(request) -> Path:
    """Folder of libposecast_core.so."""
    told = os.environ.get("POSECAST_CORE_FOLDER")
    if told:
        return Path(told)
    try:
        return request.getfixturevalue("core")
    except pytest.FixtureLookupError:
        pytest.skip("this checkout has no native core (unreal_bridge/core)")


@pytest.fixture(scope="module")
def run(mono, library, speech, serving):
    """Run a command of the console client over the native core; gives its lines."""
    sources = [HERE / "support/NativeClient.cs", HERE / "support/Conversation.cs"]
    mono.make("NativeClient.exe", sources, target="exe", references=["Posecast.Core"])

    def run(command: str) -> list[str]:
        done = subprocess.run(
            ["mono", mono.folder / "NativeClient.exe", command, serving.url, speech],
            capture_output=True, text=True, check=False, timeout=90,
            env={**os.environ, "LD_LIBRARY_PATH": str(library)},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout.splitlines()

    return run


def test_structs_are_as_large_as_those_of_c(run, library, tmp_path):
    include = next(p / "include" for p in (library, *library.parents) if (p / "include").is_dir())
    (tmp_path / "sizes.c").write_text(SIZES)
    subprocess.run(["cc", f"-I{include}", "-o", "sizes", "sizes.c"], cwd=tmp_path, check=True)
    sizes = subprocess.run([tmp_path / "sizes"], capture_output=True, text=True, check=True).stdout

    assert sorted(run("sizes")) == sorted(sizes.splitlines())


def test_faces_at_the_audios_time_are_those_of_python(run, expected, faces_of):
    lines = run("speak")
    faces = faces_of(lines)

    jaw = faces[:, 18]
    times_s = faces[:, 0]
    # The core's clock runs on between two calls and is drawn to the player's softly.
    errors = {
        shift_ms: np.abs(
            jaw - np.interp(times_s + shift_ms / 1000, expected[:, 0], expected[:, 18])
        )
        for shift_ms in range(-40, 41, 5)
    }
    best = min(errors, key=lambda shift_ms: errors[shift_ms].mean())
    assert errors[best].mean() < 0.02
    assert jaw.max() > 0.2
    assert "event UtterancePlayed 0 False" in lines
    assert {"dropped 0", "malformed 0", "closed Closed"} <= set(lines)


def test_an_interrupt_eases_to_rest(run):
    lines = run("interrupt")

    after = [line for line in lines[lines.index("interrupted 2") + 1 :] if line.startswith("face ")]
    weights = np.array([[float(cell) for cell in line.split()[3:55]] for line in after])
    assert np.flatnonzero(weights.max(axis=1) < 1e-3)[0] / 60 < 0.5
    assert "event UtteranceEnded 2 False" in lines


def test_a_refusal_reaches_the_user_in_the_servers_words(run):
    lines = run("refused")

    assert "state Failed" in lines
    assert any(line.startswith("error ") and "no such style" in line for line in lines)


def test_an_option_that_is_wrong_is_told(run):
    (complaint,) = run("wrong")

    assert complaint == "a style vector without values"


def test_a_face_costs_no_memory(run):
    assert run("cost") == ["bytes 0"]
