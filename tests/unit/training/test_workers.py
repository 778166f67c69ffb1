"""Several workers: each learns from batches of its own, all hold the same network."""

import dataclasses
import itertools
import os
import signal
import sys
import threading
import time

import numpy as np
import pytest
import torch
from torch import nn

from posecast.errors import CheckpointMismatch, InvalidRequest
from posecast.training import loop
from posecast.training.loop import TrainingPlan, optimise, read_checkpoint
from posecast.training.workers import jump_ahead, supply_from_forks

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked")


def make_network():
    torch.manual_seed(2)
    return nn.Sequential(nn.Linear(2, 4), nn.LayerNorm(4), nn.Linear(4, 1))


def draw(rng, size):
    inputs = torch.from_numpy(rng.standard_normal((size, 2)).astype(np.float32))
    return inputs, inputs.sum(dim=1, keepdim=True)


def open_batches(worker):
    rng = np.random.default_rng(5)
    jump_ahead(rng, worker)
    while True:
        yield draw(rng, 8)


def losses_of(network, batch):
    inputs, wanted = batch
    return {"square": ((network(inputs) - wanted) ** 2).mean()}


def plan(steps=6, **changes):
    # In bfloat16, which some processors are quick at, sums in another order differ visibly.
    defaults = {"learning_rate": 0.05, "warmup_steps": 2, "checkpoint_steps": 3, "workers": 2}
    defaults["precision"] = "full"
    return TrainingPlan(steps=steps, **(defaults | changes))


def train(path, batches=open_batches, losses_of=losses_of, **changes):
    network = make_network()
    average = optimise(network, plan(**changes), batches, losses_of, path)
    return network, average


def assert_close(one, two, tolerance=0.0):
    for mine, theirs in zip(one.parameters(), two.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=tolerance, atol=tolerance)


@needs_linux
@pytest.mark.parametrize("workers", [2, 3])
def test_workers_learn_as_one_process_does_from_all_their_batches(tmp_path, workers):
    def all_batches(_):
        supplies = [open_batches(worker) for worker in range(workers)]
        while True:
            drawn = [next(supply) for supply in supplies]
            yield tuple(torch.cat(part) for part in zip(*drawn, strict=True))

    several = train(tmp_path / "several.pt", workers=workers)
    alone = train(tmp_path / "alone.pt", batches=all_batches, workers=1)
    assert_close(several[0], alone[0], tolerance=1e-5)
    assert_close(several[1], alone[1], tolerance=1e-5)


@needs_linux
def test_workers_give_the_same_network_each_time(tmp_path):
    (one, _), (two, _) = train(tmp_path / "one.pt"), train(tmp_path / "two.pt")
    assert_close(one, two)


@needs_linux
def test_each_worker_has_random_numbers_of_its_own(tmp_path):
    def told(network, batch):
        path = tmp_path / f"{os.getpid()}.txt"
        with path.open("a") as stream:
            stream.write(f"{torch.rand(1).item()}\n")
        return losses_of(network, batch)

    train(tmp_path / "run.pt", losses_of=told)
    drawn = [path.read_text().split() for path in tmp_path.glob("*.txt")]
    assert len(drawn) == 2
    assert len({*drawn[0], *drawn[1]}) == 12


@needs_linux
def test_workers_go_on_from_a_checkpoint(tmp_path):
    train(tmp_path / "run.pt", steps=3)
    train(tmp_path / "run.pt", steps=6)
    assert read_checkpoint(tmp_path / "run.pt")["step"] == 6
    lines = (tmp_path / "run.jsonl").read_text().splitlines()
    assert len(lines) == 2 * 2  # worker 0 alone writes a header and a line a run


@needs_linux
def test_an_error_in_a_worker_reaches_the_caller(tmp_path):
    def fail_in_worker_one(worker):
        if worker == 1:
            raise CheckpointMismatch("no such tape")
        return open_batches(worker)

    with pytest.raises(CheckpointMismatch, match="no such tape") as caught:
        train(tmp_path / "run.pt", batches=fail_in_worker_one)
    assert "fail_in_worker_one" in caught.value.__notes__[0]


@needs_linux
def test_an_error_that_cannot_be_sent_is_told_in_words(tmp_path):
    class Local(Exception):
        pass

    def fail_in_worker_one(worker):
        if worker == 1:
            raise Local("seven")
        return open_batches(worker)

    with pytest.raises(RuntimeError, match="Local.*seven"):
        train(tmp_path / "run.pt", batches=fail_in_worker_one)


@needs_linux
def test_a_worker_that_is_killed_is_told(tmp_path):
    def die_in_worker_one(worker):
        if worker == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return open_batches(worker)

    with pytest.raises(RuntimeError, match="worker 1 ended with status -9"):
        train(tmp_path / "run.pt", batches=die_in_worker_one)


@needs_linux
def test_workers_end_with_an_error_of_the_first(tmp_path):
    def fail_in_worker_zero(worker):
        (tmp_path / f"{worker}.pid").write_text(str(os.getpid()))
        yield from (draw(np.random.default_rng(worker), 8) for _ in range(3))
        if worker == 1:
            time.sleep(60)
        while not (tmp_path / "1.pid").exists():
            time.sleep(0.01)
        raise ValueError("out of tapes")

    with pytest.raises(ValueError, match="out of tapes"):
        train(tmp_path / "run.pt", batches=fail_in_worker_zero)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "1.pid").read_text()), 0)


def test_workers_cannot_share_one_supply(tmp_path):
    if sys.platform != "linux":
        pytest.skip("workers are forked")
    with pytest.raises(InvalidRequest, match="one supply of batches for 2 workers"):
        train(tmp_path / "run.pt", batches=open_batches(0))


def test_workers_are_refused_where_nothing_forks_well(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(InvalidRequest, match="workers 2 on darwin; allowed: 1 but on Linux"):
        plan()


@needs_linux
def test_threads_and_workers_exclude_each_other():
    with pytest.raises(InvalidRequest, match="threads 2 with 2 workers; allowed: 1"):
        plan(threads=2)


@needs_linux
def test_several_workers_may_feed_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert plan(device="auto").workers == 2


def test_workers_draw_different_numbers_and_worker_0_those_of_a_single_process():
    alone, first, second = (np.random.default_rng(5) for _ in range(3))
    jump_ahead(first, 0)
    jump_ahead(second, 1)
    drawn = alone.random(100)
    np.testing.assert_array_equal(first.random(100), drawn)
    assert not np.isin(second.random(100), drawn).any()


def count_up(worker):
    for count in itertools.count():
        yield os.getpid(), worker, count


@needs_linux
def test_forks_supply_in_turn_and_end_with_the_body():
    with supply_from_forks(count_up, 3) as supply:
        made = [next(supply) for _ in range(7)]
    assert [part[1:] for part in made] == [
        (0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (0, 2),
    ]  # fmt: skip
    processes = {process for process, *_ in made}
    assert len(processes) == 3
    assert os.getpid() not in processes
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


@needs_linux
def test_forks_end_with_an_error_of_the_body():
    processes = []

    def use(supply):
        processes.extend(next(supply)[0] for _ in range(2))
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"), supply_from_forks(count_up, 2) as supply:
        use(supply)
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_one_worker_supplies_without_a_process():
    with supply_from_forks(count_up, 1) as supply:
        assert [next(supply) for _ in range(2)] == [(os.getpid(), 0, 0), (os.getpid(), 0, 1)]


@needs_linux
def test_supplies_are_made_of_what_the_forks_find():
    """Closures and tensors, as they are when the forks begin."""
    offset = torch.tensor([1.0, 2.0])
    with supply_from_forks(lambda worker: itertools.repeat(offset + worker), 2) as supply:
        offset += 10
        made = [next(supply) for _ in range(2)]
    assert [part.tolist() for part in made] == [[1.0, 2.0], [2.0, 3.0]]


@needs_linux
def test_an_error_of_a_supplier_reaches_the_caller_after_what_came_before_it():
    def fail_in_worker_one(worker):
        yield worker
        if worker == 1:
            raise CheckpointMismatch("no such tape")
        yield worker

    with supply_from_forks(fail_in_worker_one, 2) as supply:
        assert [next(supply) for _ in range(3)] == [0, 1, 0]
        with pytest.raises(CheckpointMismatch, match="no such tape") as caught:
            next(supply)
    assert "fail_in_worker_one" in caught.value.__notes__[0]


@needs_linux
def test_an_error_of_a_supplier_that_cannot_be_sent_is_told_in_words():
    class Local(Exception):
        pass

    def fail(worker):
        raise Local("seven")
        yield

    with (
        supply_from_forks(fail, 2) as supply,
        pytest.raises(RuntimeError, match="Local.*seven"),
    ):
        next(supply)


@needs_linux
def test_a_supplier_that_is_killed_is_told():
    def die_in_worker_one(worker):
        if worker == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        yield worker

    with supply_from_forks(die_in_worker_one, 2) as supply:
        assert next(supply) == 0
        with pytest.raises(RuntimeError, match="worker 1 ended with status -9"):
            next(supply)


@needs_linux
def test_on_a_gpu_the_workers_feed_the_process_that_trains(monkeypatch):
    """And do not train themselves: they could not use the GPU, which is open in this process."""
    network = make_network()
    descent = loop._Descent(
        network, loop._optimiser(network, plan()), plan(steps=4), torch.device("cuda"), 0,
        lambda worker: ((os.getpid(), batch) for batch in open_batches(worker)),
        lambda network, batch: seen.append(batch[0]) or losses_of(network, batch[1]),
    )  # fmt: skip
    seen = []
    with loop._started(descent) as (first, exchange):
        assert exchange.worker == 0
        # What follows could be on the GPU, had every machine one.
        for _ in dataclasses.replace(first, device=torch.device("cpu")).take_steps(exchange):
            pass
    assert len(seen) == 4
    assert seen[:2] == seen[2:]
    assert len({*seen}) == 2
    assert os.getpid() not in seen

    def in_turn(_):
        supplies = [open_batches(worker) for worker in range(2)]
        yield from (next(supply) for supply in itertools.cycle(supplies))

    alone = make_network()
    by_itself = dataclasses.replace(
        descent, network=alone, optimiser=loop._optimiser(alone, plan()),
        device=torch.device("cpu"), open_batches=in_turn, losses_of=losses_of,
    )  # fmt: skip
    by_itself.follow(exchange)
    assert_close(network, alone)


@needs_linux
@pytest.mark.parametrize("are_more_wanted", [True, False])
def test_feeding_ends_whatever_the_workers_are_doing(are_more_wanted):
    """The thread that takes what they make may be waiting for one of them."""

    def make_one_then_none(worker):
        yield os.getpid()
        time.sleep(60)

    began_s = time.monotonic()
    with loop._fed_by_forks(make_one_then_none, 2) as fed:
        supply = fed(0)
        processes = [next(supply) for _ in range(2 if are_more_wanted else 1)]
    assert time.monotonic() - began_s < 20
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
    assert not [thread for thread in threading.enumerate() if thread.name == "batches"]
