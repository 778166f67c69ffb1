from __future__ import annotations

import pytest

from posecast.errors import InvalidRequest
from posecast.evaluation.inputs import find_clips, find_phones, read_alignments, read_takes
from posecast.takes import write_take


def touch(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_finds_clips_by_name_in_order(tmp_path):
    folder = touch(tmp_path, "b.flac", "a.WAV", "c.ogg", "notes.txt", "a.tsv")

    assert list(find_clips(folder)) == ["a", "b", "c"]


def test_folder_without_clips_is_refused(tmp_path):
    with pytest.raises(InvalidRequest, match=r"gone: no such folder"):
        find_clips(tmp_path / "gone")
    with pytest.raises(InvalidRequest, match=r"no clips; expected files \.wav \.flac \.ogg"):
        find_clips(touch(tmp_path, "a.mp3"))


def test_two_clips_of_one_name_are_refused(tmp_path):
    with pytest.raises(
        InvalidRequest, match=r"a\.wav: a second clip of this name beside .*a\.flac"
    ):
        find_clips(touch(tmp_path, "a.wav", "a.flac"))


def test_phones_are_found_inside_beside_and_in_the_sister_folder(tmp_path):
    clips = touch(tmp_path / "speech" / "clips", "a.wav")
    assert find_phones(clips, ["a"]) is None

    sister = touch(tmp_path / "speech" / "phones" / "clips", "a.tsv")
    assert find_phones(clips, ["a"]) == sister

    touch(clips, "a.tsv")
    assert find_phones(clips, ["a"]) == clips

    inside = touch(clips / "phones", "a.tsv")
    assert find_phones(clips, ["a"]) == inside
    assert find_phones(clips, ["other"]) is None


def test_missing_files_are_named(tmp_path):
    with pytest.raises(InvalidRequest, match=r"a\.tsv: No such file"):
        read_alignments(tmp_path, ["a"])
    with pytest.raises(InvalidRequest, match=r"a\.csv: No such file"):
        read_takes(tmp_path, ["a"])


def test_malformed_curves_are_named_with_their_line(tmp_path, make_frames):
    path = tmp_path / "a.csv"
    write_take(make_frames(3), path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], lines[2].replace("0.00000", "low", 1), lines[3]]))

    with pytest.raises(InvalidRequest, match=r"a\.csv: line 3: .*'low'"):
        read_takes(tmp_path, ["a"])
