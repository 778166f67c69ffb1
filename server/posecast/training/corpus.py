"""Builds the training corpus: shards of utterances from every engine, made side by side."""

from __future__ import annotations

import functools
import itertools
import json
import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
from tqdm import tqdm

from posecast.errors import InvalidRequest
from posecast.training.engines import espeak, festival, flite, non_speech, recordings
from posecast.training.held_out import is_held_out
from posecast.training.utterance import Spoken, Utterance, load_shard, save_shard
from posecast.training.variation import (
    RECORDING_TAKES,
    measure_as_it_is,
    vary_recording,
    vary_synthetic,
)

_SYNTHETIC: dict[str, Callable[[int], Iterator[Spoken]]] = {
    "espeak": espeak.utterances,
    "flite": flite.utterances,
    "festival": festival.utterances,
    "non-speech": non_speech.utterances,
}
SHARD_MINUTES = 20.0
_HOPS_A_MINUTE = 6000


def build_corpus(
    folder: Path, minutes: dict[str, float], *, recordings_folder: Path | None, seed: int, jobs: int
) -> None:
    """Make every shard that is not there yet.

    Args:
        folder: Where the shards go; an interrupted build is resumed by the same call.
        minutes: Audio to make with each synthetic engine.
        recordings_folder: Real speech with aligned phones, or None.
        seed: Seed of texts, voices and speeds.
        jobs: Processes at a time.

    Raises:
        InvalidRequest: If the folder of recordings holds none, or nothing was asked for.
        MissingDependency: If a speech engine is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tasks: dict[Path, Callable[[], list[Utterance]]] = {}
    if recordings_folder is not None:
        for take in range(RECORDING_TAKES):
            path = folder / f"recordings-{take:03d}.npz"
            tasks[path] = functools.partial(_record, recordings_folder, take, seed)
    for engine, wanted in minutes.items():
        num_shards = math.ceil(wanted / SHARD_MINUTES)
        for shard in range(num_shards):
            path = folder / f"{engine}-{shard:03d}.npz"
            shard_seed = seed * 1000 + shard
            tasks[path] = functools.partial(_synthesise, engine, shard_seed, wanted / num_shards)
    missing = {path: task for path, task in tasks.items() if not path.exists()}
    _make_all(missing, jobs)
    (folder / "corpus.json").write_text(json.dumps(describe_corpus(folder), indent=1) + "\n")


def _make_all(tasks: dict[Path, Callable[[], list[Utterance]]], jobs: int) -> None:
    with ProcessPoolExecutor(jobs) as pool:
        running = [pool.submit(_make, path, task) for path, task in tasks.items()]
        try:
            for done in tqdm(as_completed(running), total=len(running), desc="shards"):
                done.result()
        except BaseException:
            # Otherwise a missing program would be told only after hours of other shards.
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _make(path: Path, task: Callable[[], list[Utterance]]) -> None:
    save_shard(path, task())


def _synthesise(engine: str, seed: int, minutes: float) -> list[Utterance]:
    wanted_hops = minutes * _HOPS_A_MINUTE
    rng = np.random.default_rng(seed)
    made: list[Utterance] = []
    num_hops = 0
    for spoken in _SYNTHETIC[engine](seed):
        is_speech = engine != "non-speech"
        made.append(vary_synthetic(spoken, rng) if is_speech else measure_as_it_is(spoken))
        num_hops += len(made[-1].mel)
        if num_hops >= wanted_hops:
            break
    return made


def _record(folder: Path, take: int, seed: int) -> list[Utterance]:
    rng = np.random.default_rng((seed, take))
    return [vary_recording(spoken, take, rng) for spoken in recordings.utterances(folder)]


def load_corpus(folder: Path, *, held_out: bool = False) -> list[Utterance]:
    """The utterances of a corpus that are for training.

    Args:
        folder: Where `build_corpus` put its shards.
        held_out: Whether those of the voices that are kept for testing are meant instead.

    Raises:
        InvalidRequest: If there is none.
    """
    utterances = [part for part in _load_all(folder) if is_held_out(part) == held_out]
    if not utterances:
        raise InvalidRequest(f"{folder} holds no corpus: make one with `posecast train corpus`")
    return utterances


def _load_all(folder: Path) -> list[Utterance]:
    paths = sorted(folder.glob("*-[0-9][0-9][0-9].npz"))
    return list(itertools.chain.from_iterable(load_shard(path) for path in paths))


def describe_corpus(folder: Path) -> dict[str, dict[str, float]]:
    """Minutes, utterances and voices of each engine, and how many minutes are kept for testing."""
    summary: dict[str, dict[str, float]] = {}
    utterances = _load_all(folder)
    if not utterances:
        raise InvalidRequest(f"{folder} holds no corpus: make one with `posecast train corpus`")
    for engine in sorted({utterance.engine for utterance in utterances}):
        own = [utterance for utterance in utterances if utterance.engine == engine]
        summary[engine] = {
            "minutes": _minutes(own),
            "held_out_minutes": _minutes([part for part in own if is_held_out(part)]),
            "utterances": len(own),
            "voices": len({utterance.speaker for utterance in own}),
        }
    return summary


def _minutes(utterances: list[Utterance]) -> float:
    return round(sum(len(utterance.mel) for utterance in utterances) / _HOPS_A_MINUTE, 1)


def default_jobs() -> int:
    """One process a core."""
    return os.cpu_count() or 1
