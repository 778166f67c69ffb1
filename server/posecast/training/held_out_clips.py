"""Writes clips of held-out voices with their phones: the folder that models are chosen by."""

from __future__ import annotations

import csv
import itertools
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from posecast.training.engines import festival, flite, recordings
from posecast.training.held_out import is_held_out
from posecast.training.phones import CLASSES, Segment
from posecast.training.utterance import Spoken

_CLIPS_PER_SPEAKER = 2
_CLIPS_PER_VOICE = 8
_CHILD_UNDER_YEARS = 14
_SEED = 4242
_ARPABET = {
    "sil": "SIL", "PBM": "B", "FV": "F", "TH": "TH", "TDN": "D", "L": "L", "SZ": "S", "SH": "SH",
    "R": "R", "RR": "R", "W": "W", "J": "Y", "KG": "K", "H": "HH", "A": "AA", "AE": "AE",
    "AH": "AH", "AX": "AH", "AO": "AO", "EH": "EH", "ER": "ER", "IH": "IH", "IY": "IY", "O": "OW",
    "UH": "UH", "UW": "UW", "Y": "UW",
}  # fmt: skip
"""The phone that stands for a class of a synthetic voice in the tables of `posecast evaluate`."""


def write_held_out_clips(folder: Path, recordings_folder: Path | None) -> Counter[str]:
    """Write clips, phones and groups for `posecast evaluate`.

    Args:
        folder: Gets `NAME.wav`, `phones/NAME.tsv` and `groups.tsv`.
        recordings_folder: Real speech with aligned phones, or None.

    Returns:
        Number of clips of each group.
    """
    (folder / "phones").mkdir(parents=True, exist_ok=True)
    groups: dict[str, str] = {}
    if recordings_folder is not None:
        groups |= _copy_recordings(folder, recordings_folder)
    for spoken in _synthetic():
        name = f"{spoken.speaker}_{sum(group == spoken.speaker for group in groups.values()):02d}"
        peak = float(np.abs(spoken.samples).max()) + 1e-6
        soundfile.write(folder / f"{name}.wav", spoken.samples / peak * 0.7, spoken.sample_rate_hz)
        _write_phones(folder / "phones" / f"{name}.tsv", spoken.segments)
        groups[name] = spoken.speaker
    with (folder / "groups.tsv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
        writer.writerow(["clip", "group"])
        writer.writerows(sorted(groups.items()))
    return Counter(groups.values())


def _copy_recordings(folder: Path, recordings_folder: Path) -> dict[str, str]:
    """Clips of every held-out speaker of sentences, and the group of each."""
    groups: dict[str, str] = {}
    taken: Counter[str] = Counter()
    for row in recordings.read_table(recordings_folder):
        collection = Path(row["path"]).parts[1]
        nobody = np.zeros(0, np.float32)
        voice = Spoken(
            samples=nobody, sample_rate_hz=1, segments=[], engine=collection, speaker=row["speaker"]
        )
        is_word = collection == "speech_commands"  # one word has no range to measure it by
        if is_word or not is_held_out(voice) or taken[row["speaker"]] >= _CLIPS_PER_SPEAKER:
            continue
        taken[row["speaker"]] += 1
        name = Path(row["path"]).stem
        samples, sample_rate_hz = soundfile.read(recordings_folder / row["path"], dtype="float32")
        soundfile.write(folder / f"{name}.wav", samples, sample_rate_hz)
        phones = recordings.phones_path(recordings_folder, row["path"])
        shutil.copyfile(phones, folder / "phones" / f"{name}.tsv")
        groups[name] = _group_of(row, collection)
    return groups


def _group_of(row: dict[str, str], collection: str) -> str:
    if row.get("age") and int(row["age"]) < _CHILD_UNDER_YEARS:
        return "children"
    people = {"m": "men", "f": "women"}.get(row.get("sex", ""), "unknown")
    return f"{people}, native" if collection == "librispeech" else f"{people}, learners"


def _synthetic() -> Iterator[Spoken]:
    for engine in (flite, festival):
        wanted = Counter[str]()
        for spoken in itertools.islice(engine.utterances(_SEED), 400):
            if is_held_out(spoken) and wanted[spoken.speaker] < _CLIPS_PER_VOICE:
                wanted[spoken.speaker] += 1
                yield spoken


def _write_phones(path: Path, segments: list[Segment]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write("start\tend\tphone\n")
        for phone, start_s, end_s in segments:
            if end_s - start_s > 1e-3:
                stream.write(f"{start_s:.3f}\t{end_s:.3f}\t{_ARPABET[CLASSES[phone]]}\n")
