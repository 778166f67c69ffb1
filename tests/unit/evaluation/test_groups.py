from __future__ import annotations

import pytest

from posecast.errors import InvalidRequest
from posecast.evaluation.groups import read_groups, ungrouped

NAMES = ["a", "b", "c"]


def write(folder, *lines, header="clip\tgroup"):
    path = folder / "groups.tsv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def test_clips_are_put_into_groups(tmp_path):
    grouping = read_groups(write(tmp_path, "b\tmen", "a\twomen", "", "c\tmen"), NAMES)

    assert grouping.groups == ("men", "women")
    assert grouping.group_of == {"a": "women", "b": "men", "c": "men"}
    assert grouping.speaker_of == {"a": "a", "b": "b", "c": "c"}


def test_speakers_are_read_if_told(tmp_path):
    path = write(
        tmp_path, "a\twomen\teve", "b\twomen\teve", "c\tmen\tadam", header="clip\tgroup\tspeaker"
    )

    assert read_groups(path, NAMES).speaker_of == {"a": "eve", "b": "eve", "c": "adam"}


def test_without_a_file_every_clip_is_a_speaker():
    assert ungrouped(NAMES).groups == ()
    assert ungrouped(NAMES).speaker_of == {"a": "a", "b": "b", "c": "c"}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["a\tmen", "b\tmen"], "no group for the clip 'c'"),
        (["d\tmen"], "line 2: no clip 'd'; allowed: a, b, c"),
        (["a\tmen", "a\twomen"], "line 3: a second line of the clip 'a'"),
        (["a"], "line 2: 'a'; expected 2 values"),
        (["a\t"], "line 2: 'a\\\\t'; expected 2 values"),
    ],
)
def test_wrong_line_is_named(tmp_path, lines, message):
    with pytest.raises(InvalidRequest, match=f"groups.tsv: {message}"):
        read_groups(write(tmp_path, *lines), NAMES)


def test_wrong_file_is_named(tmp_path):
    with pytest.raises(InvalidRequest, match="line 1: expected the header clip group"):
        read_groups(write(tmp_path, header="name\tgroup"), NAMES)
    with pytest.raises(InvalidRequest, match=r"gone\.tsv: No such file"):
        read_groups(tmp_path / "gone.tsv", NAMES)
    (tmp_path / "groups.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidRequest, match=r"groups\.tsv: not text"):
        read_groups(tmp_path / "groups.tsv", NAMES)
