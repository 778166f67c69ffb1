"""Which way a network is run on a GPU: the first that answers as the CPU does."""

import logging

import numpy as np
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from posecast.device_check import TOLERANCE, choose_faithful

RIGHT = np.array([0.5, -4.0], np.float32)
ROUNDED = RIGHT + np.float32(0.9 * TOLERANCE * 4.0)
WRONG = RIGHT + np.float32(1.1 * TOLERANCE * 4.0)
LOGGER = "posecast.device_check"


def choose(*answers):
    """The answer that is chosen, of those on the GPU and then the CPU's."""
    names = ("on the GPU", "step by step on the GPU")

    def answer(network):
        if isinstance(network, Exception):
            raise network
        return [RIGHT, network]

    return choose_faithful(
        "sampler", list(zip(names, answers, strict=False)), lambda: RIGHT, answer
    )


def test_a_gpu_that_rounds_otherwise_is_used(caplog):
    with caplog.at_level(logging.INFO, LOGGER):
        assert choose(ROUNDED, WRONG) is ROUNDED

    (record,) = caplog.records
    assert (record.levelname, record.message) == (
        "INFO",
        "the sampler answers on the GPU as on the CPU",
    )


def test_another_way_on_the_gpu_is_taken_if_the_first_is_wrong(caplog):
    with caplog.at_level(logging.INFO, LOGGER):
        assert choose(np.zeros(2, np.float32), ROUNDED) is ROUNDED

    (record,) = caplog.records
    assert (record.levelname, record.message) == (
        "WARNING",
        "the sampler runs step by step on the GPU: on the GPU it is off by 4 where values go up "
        "to 4 (allowed: 0.004)",
    )


def test_the_cpu_is_what_is_left(caplog):
    with caplog.at_level(logging.INFO, LOGGER):
        assert choose(WRONG, np.array([np.nan, 0.0], np.float32)) is RIGHT

    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.message.startswith("the sampler runs on the CPU: on the GPU it is off by 0.0044")
    assert ", step by step on the GPU it is off by nan" in record.message


@pytest.mark.parametrize(
    "error", [ort_errors.Fail("no kernel image\nmore"), RuntimeError("no kernel image")]
)
def test_a_gpu_that_cannot_run_it_is_not_used(caplog, error):
    with caplog.at_level(logging.WARNING, LOGGER):
        assert choose(error) is RIGHT

    assert [record.message for record in caplog.records] == [
        "the sampler runs on the CPU: on the GPU it fails (no kernel image)"
    ]


def test_a_mistake_of_ours_is_no_fault_of_the_gpu():
    with pytest.raises(KeyError):
        choose(KeyError("speech"))
