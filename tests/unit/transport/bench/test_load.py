import subprocess
import sys
from pathlib import Path

import pytest

import posecast


@pytest.mark.parametrize(
    ("every", "interrupted"),
    [(0, []), (1, [0, 1, 2, 3]), (2, [1, 3])],
    ids=["none", "each", "each second"],
)
def test_each_nth_utterance_is_interrupted(make_load, every, interrupted):
    load = make_load(interrupt_every=every)

    assert [index for index in range(4) if load.is_interrupted(index)] == interrupted


def test_a_process_of_clients_loads_no_network():
    # What it imported would take memory and time that are told as the clients'.
    code = "import sys, posecast.transport.bench.client_process; print(*sys.modules)"
    root = Path(posecast.__file__).parents[1]

    modules = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    ).stdout.split()

    assert "grpc" in modules
    assert not {"onnxruntime", "numpy", "posecast.session"} & set(modules)
