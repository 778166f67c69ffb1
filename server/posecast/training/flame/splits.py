"""Divides the persons of a set into training, validation and test."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from posecast.errors import InvalidRequest
from posecast.training.flame.clips import FlameClips, Split, by_person, split_file, write_key_list


def split_persons(
    clips: FlameClips, *, num_validation: int, num_test: int, seed: int
) -> Mapping[Split, int]:
    """Write the lists of the splits; nobody is in two of them.

    Args:
        clips: The set.
        num_validation: Persons for validation; 64 as published.
        num_test: Persons for the test; 64 as published.
        seed: Seed of the shuffle.

    Returns:
        How many persons each split has.

    Raises:
        InvalidRequest: If a number is below 1 or nobody would be left for training.

    Source:
        DiffPoseTalk, arXiv:2310.00434, its released data preparation: the last of a shuffle are
        for the test, those before them for validation, all others for training.
    """
    grouped = by_person(clips.keys(None))
    num_train = len(grouped) - num_validation - num_test
    if num_validation < 1 or num_test < 1 or num_train < 1:
        raise InvalidRequest(
            f"{num_validation} persons for validation and {num_test} for the test of "
            f"{len(grouped)}; allowed: 1 and more each, and some left for training"
        )
    names = sorted(grouped)
    shuffled = [names[index] for index in np.random.default_rng(seed).permutation(len(names))]
    borders: dict[Split, list[str]] = {
        "train": shuffled[:num_train],
        "val": shuffled[num_train : num_train + num_validation],
        "test": shuffled[num_train + num_validation :],
    }
    for split, persons in borders.items():
        keys = sorted(key for person in persons for key in grouped[person])
        write_key_list(split_file(clips.folder, split), keys)
    return {split: len(persons) for split, persons in borders.items()}
