"""Shards of a corpus made small, for a machine to which little can be sent."""

from __future__ import annotations

import bz2
import functools
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from posecast.errors import InvalidRequest

_PACKED_SUFFIX = ".packed.npz"


def pack_shards(corpus: Path, output: Path, *, jobs: int) -> list[Path]:
    """Write a packed copy of every shard that has none yet: some 26 kbit for a second of sound.

    Args:
        corpus: Folder of shards, which stay.
        output: Folder of the packed ones.
        jobs: Processes at a time.

    Returns:
        The packed files.

    Raises:
        InvalidRequest: If there are no shards.
    """
    shards = sorted(corpus.glob("*-[0-9][0-9][0-9].npz"))
    if not shards:
        raise InvalidRequest(f"{corpus} holds no corpus: make one with `posecast train corpus`")
    output.mkdir(parents=True, exist_ok=True)
    packed = {shard: output / f"{shard.stem}{_PACKED_SUFFIX}" for shard in shards}
    with ProcessPoolExecutor(jobs) as pool:
        missing = {shard: path for shard, path in packed.items() if not path.exists()}
        list(pool.map(_pack, missing.keys(), missing.values()))
    return list(packed.values())


def unpack_shards(packed: Path, corpus: Path, *, jobs: int) -> None:
    """Write the shards of a folder of packed ones.

    Args:
        packed: Folder that `pack_shards` wrote, or parts of it.
        corpus: Folder that gets the shards.
        jobs: Processes at a time.

    Raises:
        InvalidRequest: If there are none.
    """
    paths = sorted(packed.glob(f"*{_PACKED_SUFFIX}"))
    if not paths:
        raise InvalidRequest(f"{packed} holds no *{_PACKED_SUFFIX}: make them with `pack`")
    corpus.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(jobs) as pool:
        list(pool.map(functools.partial(_unpack, corpus=corpus), paths))


def _pack(shard: Path, packed: Path) -> None:
    with np.load(shard) as stored:
        arrays = {name: stored[name] for name in stored.files}
    levels = arrays.pop("levels")
    # From hop to hop a band changes little; bytes wrap around, and so do their sums.
    changes = np.diff(levels, axis=0, prepend=np.zeros_like(levels[:1]))
    arrays["changes"] = np.frombuffer(bz2.compress(changes.tobytes()), np.uint8)
    arrays["num_bands"] = np.array(levels.shape[1])
    partial = packed.with_suffix(".partial")
    with partial.open("wb") as stream:
        np.savez_compressed(stream, **arrays)
    partial.replace(packed)


def _unpack(packed: Path, corpus: Path) -> None:
    with np.load(packed) as stored:
        arrays = {name: stored[name] for name in stored.files}
    changes = np.frombuffer(bz2.decompress(arrays.pop("changes").tobytes()), np.uint8)
    table = changes.reshape(-1, int(arrays.pop("num_bands")))
    arrays["levels"] = np.cumsum(table, axis=0, dtype=np.uint8)
    shard = corpus / f"{packed.name.removesuffix(_PACKED_SUFFIX)}.npz"
    partial = shard.with_suffix(".partial.npz")
    np.savez(partial, **arrays)
    partial.replace(shard)
