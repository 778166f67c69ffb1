"""The optimisation loop: resuming changes nothing, and a wrong checkpoint is told."""

import itertools
import json
import threading
import time
from dataclasses import asdict

import pytest
import torch
from torch import nn

from posecast.errors import CheckpointMismatch, InvalidRequest, TrainingPaused
from posecast.training.loop import TrainingPlan, load_average, optimise, prefetch, read_checkpoint


def make_network(width=3):
    torch.manual_seed(2)
    return nn.Sequential(nn.Linear(2, width), nn.LayerNorm(width), nn.Linear(width, 1))


def batches(start=0):
    """Batch `i` depends on `i` alone."""
    for index in itertools.count(start):
        torch_rng = torch.Generator().manual_seed(index)
        inputs = torch.randn(8, 2, generator=torch_rng)
        yield inputs, inputs.sum(dim=1, keepdim=True)


def losses_of(network, batch):
    inputs, wanted = batch
    error = network(inputs) - wanted
    return {"square": (error**2).mean(), "size": 0.01 * error.abs().mean()}


def plan(steps=12, **changes):
    defaults = {"learning_rate": 0.05, "warmup_steps": 2, "checkpoint_steps": 5}
    return TrainingPlan(steps=steps, **(defaults | changes))


def train(path, steps=12, start=0, **changes):
    return optimise(make_network(), plan(steps, **changes), batches(start), losses_of, path)


def assert_equal(one, two):
    for mine, theirs in zip(one.parameters(), two.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=0)


def read_log(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


class Interrupted(Exception):
    pass


def test_a_resumed_run_ends_where_an_uninterrupted_one_does(tmp_path):
    whole = train(tmp_path / "whole.pt")

    def interrupted(network, batch):
        interrupted.count += 1
        if interrupted.count == 8:  # after the checkpoint of step 5
            raise Interrupted
        return losses_of(network, batch)

    interrupted.count = 0
    with pytest.raises(Interrupted):
        optimise(make_network(), plan(), batches(), interrupted, tmp_path / "cut.pt")
    assert read_checkpoint(tmp_path / "cut.pt")["step"] == 5
    resumed = train(tmp_path / "cut.pt", start=5)

    assert_equal(resumed, whole)
    one, two = (read_checkpoint(tmp_path / name)["network"] for name in ("whole.pt", "cut.pt"))
    assert all(torch.equal(one[name], two[name]) for name in one)


def noisy_losses_of(network, batch):
    inputs, wanted = batch
    return losses_of(network, (inputs + 0.1 * torch.randn_like(inputs), wanted))


def train_in_pieces(path, losses_of):
    """Each piece is late after its first five steps."""
    pauses = []

    def slow_every_fifth(network, batch):
        slow_every_fifth.count += 1
        if slow_every_fifth.count % 5 == 0:
            time.sleep(0.4)
        return losses_of(network, batch)

    slow_every_fifth.count = 0
    for start in (0, 5, 10):
        supply = batches(start)
        pieces = plan(minutes=0.3 / 60, checkpoint_steps=100)
        try:
            return optimise(make_network(), pieces, supply, slow_every_fifth, path), pauses
        except TrainingPaused as paused:
            pauses.append((paused.step, str(paused)))
    return None, pauses


def test_pieces_of_a_run_end_where_one_run_does(tmp_path):
    whole = optimise(make_network(), plan(), batches(), noisy_losses_of, tmp_path / "whole.pt")
    pieced, pauses = train_in_pieces(tmp_path / "pieces.pt", noisy_losses_of)
    assert pauses == [
        (5, "paused at step 5 of 12 after 0.005 minutes; run it again to go on"),
        (10, "paused at step 10 of 12 after 0.005 minutes; run it again to go on"),
    ]
    assert_equal(pieced, whole)
    one, two = (read_checkpoint(tmp_path / name)["network"] for name in ("whole.pt", "pieces.pt"))
    assert all(torch.equal(one[name], two[name]) for name in one)
    steps = [line["step"] for line in read_log(tmp_path / "pieces.jsonl") if "step" in line]
    assert steps == [5, 10, 12]


def test_time_that_runs_out_with_the_last_step_is_no_pause(tmp_path):
    def slow(network, batch):
        time.sleep(0.02)
        return losses_of(network, batch)

    optimise(make_network(), plan(1, minutes=1e-4), batches(), slow, tmp_path / "run.pt")
    assert read_checkpoint(tmp_path / "run.pt")["step"] == 1


@pytest.mark.gpu
def test_a_run_moves_between_devices(tmp_path):
    train(tmp_path / "run.pt", steps=5)
    on_gpu = train(tmp_path / "run.pt", steps=9, start=5, device="cuda")
    assert next(on_gpu.parameters()).device.type == "cpu"
    train(tmp_path / "run.pt", steps=12, start=9)
    train(tmp_path / "cpu.pt", steps=5)
    train(tmp_path / "cpu.pt", steps=9, start=5)
    train(tmp_path / "cpu.pt", steps=12, start=9)
    one, two = (read_checkpoint(tmp_path / name)["network"] for name in ("run.pt", "cpu.pt"))
    for name in one:
        torch.testing.assert_close(one[name], two[name], rtol=1e-3, atol=1e-4)


def test_a_finished_run_is_not_trained_again(tmp_path):
    first = train(tmp_path / "run.pt")
    assert_equal(optimise(make_network(), plan(), iter([]), losses_of, tmp_path / "run.pt"), first)


def test_a_longer_plan_goes_on(tmp_path):
    train(tmp_path / "run.pt", steps=5)
    train(tmp_path / "run.pt", steps=9, start=5)
    assert read_checkpoint(tmp_path / "run.pt")["step"] == 9


def test_training_lowers_the_loss_and_leaves_the_average_ready_to_use(tmp_path):
    untrained = losses_of(make_network(), next(batches(99)))["square"]
    average = train(tmp_path / "run.pt", steps=150)
    assert losses_of(average, next(batches(99)))["square"] < 0.5 * untrained
    assert not average.training
    assert not any(parameter.requires_grad for parameter in average.parameters())


def test_the_log_holds_means_over_the_steps_since_the_last_line(tmp_path):
    def told(network, batch):
        told.step += 1
        return {"square": 0 * losses_of(network, batch)["square"] + told.step}

    told.step = 0
    optimise(make_network(), plan(130), batches(), told, tmp_path / "run.pt")
    _, *lines = read_log(tmp_path / "run.jsonl")
    assert [(line["step"], line["square"], line["device"]) for line in lines] == [
        (100, 50.5, "cpu"),
        (130, 115.5, "cpu"),
    ]
    assert 0 <= lines[0]["seconds"] <= lines[1]["seconds"] < 60


def test_the_log_says_what_ran_and_where(tmp_path):
    train(tmp_path / "run.pt", steps=5)
    train(tmp_path / "run.pt", steps=9, start=5, seed=4)
    headers = [line for line in read_log(tmp_path / "run.jsonl") if "start" in line]
    assert [line["start"] for line in headers] == [0, 5]
    assert headers[1]["plan"] == asdict(plan(9, seed=4))
    assert headers[1]["torch"] == torch.__version__
    assert headers[1]["device"] == "cpu"
    assert headers[1]["cpu"]


def test_a_checkpoint_is_written_whole_or_not_at_all(tmp_path):
    train(tmp_path / "run.pt")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.jsonl", "run.pt"]


def test_the_folder_of_a_run_is_made(tmp_path):
    train(tmp_path / "new" / "run.pt", steps=1)
    assert (tmp_path / "new" / "run.pt").exists()


def test_the_average_comes_back_ready_to_use(tmp_path):
    average = train(tmp_path / "run.pt")
    loaded = load_average(tmp_path / "run.pt", make_network().train())
    assert_equal(loaded, average)
    assert not loaded.training


def resume(path, network):
    return optimise(network, plan(), batches(), losses_of, path)


@pytest.mark.parametrize("load", [resume, load_average], ids=["resume", "average"])
def test_a_checkpoint_of_another_network_is_refused(tmp_path, load):
    path = tmp_path / "run.pt"
    train(path)
    with pytest.raises(CheckpointMismatch, match="run.pt is of another network: .*size") as caught:
        load(path, make_network(width=4))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("load", [resume, load_average], ids=["resume", "average"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "cannot be read", id="empty"),
        pytest.param(b"hello", "cannot be read", id="text"),
        pytest.param(b"PK\x03\x04 cut short", "cannot be read", id="cut short"),
    ],
)
def test_a_damaged_checkpoint_is_told(tmp_path, load, content, message):
    path = tmp_path / "run.pt"
    path.write_bytes(content)
    with pytest.raises(CheckpointMismatch, match=f"run.pt {message}: .") as caught:
        load(path, make_network())
    assert "\n" not in str(caught.value)


def test_a_file_of_another_kind_is_no_checkpoint(tmp_path):
    torch.save({"step": 1, "network": {}}, tmp_path / "run.pt")
    with pytest.raises(CheckpointMismatch, match="it lacks average, optimiser"):
        train(tmp_path / "run.pt")


def test_a_stage_that_was_not_trained_is_named(tmp_path):
    with pytest.raises(CheckpointMismatch, match="style.pt is missing: train that stage first"):
        load_average(tmp_path / "style.pt", make_network())


@pytest.mark.parametrize(
    "name", ["steps", "warmup_steps", "checkpoint_steps", "threads", "workers"]
)
def test_a_plan_that_cannot_run_is_refused(name):
    with pytest.raises(InvalidRequest, match=f"{name} 0; allowed: 1 or more"):
        plan(**{name: 0})


@pytest.mark.parametrize("minutes", [0, -1, float("nan")])
def test_no_time_is_refused(minutes):
    with pytest.raises(InvalidRequest, match=f"minutes {minutes}; allowed: above 0"):
        plan(minutes=minutes)


def test_the_rate_warms_up_and_falls_to_a_hundredth():
    schedule = plan(steps=1000, learning_rate=1.0, warmup_steps=100)
    rates = [schedule.learning_rate_at(step) for step in range(1001)]
    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == pytest.approx(1.0, abs=0.03)
    assert rates.index(max(rates)) in range(95, 105)
    assert rates[1000] == pytest.approx(0.01)


def live_makers():
    return [thread for thread in threading.enumerate() if thread.name == "batches"]


def test_batches_come_in_order_from_a_thread_that_ends_with_their_reader():
    before = len(live_makers())
    counter = itertools.count()
    ready = prefetch(lambda: next(counter), depth=2)
    assert [next(ready) for _ in range(5)] == [0, 1, 2, 3, 4]
    (maker,) = live_makers()[before:]
    ready.close()
    maker.join(timeout=10)
    assert not maker.is_alive()


def test_a_thread_that_is_making_a_batch_ends_before_its_reader_goes_on():
    """At the end of Python it would be inside torch, which aborts the process."""
    before = live_makers()
    is_making = threading.Event()

    def make_slowly():
        is_making.set()
        time.sleep(0.2)
        return 1

    ready = prefetch(make_slowly)
    assert next(ready) == 1
    is_making.clear()
    assert is_making.wait(timeout=10)
    ready.close()
    assert live_makers() == before


def test_an_error_while_a_batch_is_made_reaches_the_trainer():
    def fail():
        raise ValueError("no such tape")

    with pytest.raises(ValueError, match="no such tape"):
        next(prefetch(fail))


def halves(start=0):
    """The batches above, each in two pieces."""
    for inputs, wanted in batches(start):
        yield inputs[:4], wanted[:4]
        yield inputs[4:], wanted[4:]


def test_batches_that_share_a_step_are_worth_one_batch_of_all_their_rows(tmp_path):
    """Means, not sums: the gradient has the same length whatever the number of pieces."""
    once = {"average_decay": 0.0, "largest_gradient": None, "precision": "full"}
    whole, pieced = make_network(), make_network()
    optimise(whole, plan(1, **once), batches(), losses_of, tmp_path / "whole.pt")
    in_two = plan(1, accumulated_batches=2, **once)
    optimise(pieced, in_two, halves(), losses_of, tmp_path / "pieces.pt")

    for mine, theirs in zip(pieced.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-4, atol=1e-6)
    logs = [read_log(tmp_path / name)[-1] for name in ("whole.jsonl", "pieces.jsonl")]
    assert logs[0]["square"] == pytest.approx(logs[1]["square"], abs=1e-4)


def test_without_an_average_the_network_itself_comes_back(tmp_path):
    network = make_network()
    trained = optimise(network, plan(average_decay=0.0), batches(), losses_of, tmp_path / "run.pt")
    assert trained is network
    assert not trained.training
    assert_equal(load_average(tmp_path / "run.pt", make_network()), network)


def test_gradients_are_cut_to_a_length_or_left(tmp_path):
    def steep(network, batch):
        return {"square": 1e4 * losses_of(network, batch)["square"]}

    def first_step(**changes):
        network = make_network()
        path = tmp_path / f"{len(changes)}.pt"
        optimise(network, plan(1, average_decay=0.0, **changes), batches(), steep, path)
        return torch.stack([p.grad.norm() for p in network.parameters()]).norm().item()

    assert first_step() == pytest.approx(1.0, rel=1e-3)
    assert first_step(largest_gradient=None) > 100


def test_the_rate_falls_by_a_cosine_or_stays():
    falling, staying = plan(100, warmup_steps=10), plan(100, warmup_steps=10, decay="none")

    assert falling.learning_rate_at(99) < 0.02 * 0.05
    assert [staying.learning_rate_at(step) for step in (0, 4, 9, 99)] == pytest.approx(
        [0.005, 0.025, 0.05, 0.05]
    )


def test_full_precision_is_float32_on_every_device(monkeypatch):
    monkeypatch.setattr("posecast.training.devices._has_fast_bfloat16", lambda: True)
    for precision, wanted in (("full", torch.float32), ("auto", torch.bfloat16)):
        with plan(precision=precision).autocast():
            assert nn.Linear(2, 2)(torch.zeros(1, 2)).dtype == wanted


def test_an_observer_is_told_of_lines_and_steps(tmp_path):
    told = []

    class Observer:
        def on_log(self, step, means, learning_rate):
            told.append(("log", step, sorted(means), round(learning_rate, 4)))

        def on_step(self, step, average):
            told.append(("step", step, average.training))

    optimise(
        make_network(),
        plan(3, log_steps=2, decay="none"),
        batches(),
        losses_of,
        tmp_path / "run.pt",
        observer=Observer(),
    )

    losses = ["size", "square"]
    assert told == [
        ("step", 1, True),
        ("log", 2, losses, 0.05),
        ("step", 2, True),
        ("log", 3, losses, 0.05),
        ("step", 3, True),
    ]
