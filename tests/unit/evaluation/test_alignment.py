from __future__ import annotations

import pytest

from posecast.errors import InvalidRequest
from posecast.evaluation.alignment import read_alignment


def write(folder, *lines, header="start\tend\tphone"):
    path = folder / "clip.tsv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def test_reads_segments_and_drops_stress(tmp_path):
    path = write(tmp_path, "0.000\t0.290\tSIL", "0.290\t0.460\tAE1", "", "0.5\t0.6\t?")

    segments = read_alignment(path)

    assert segments == (("SIL", 0.0, 0.29), ("AE", 0.29, 0.46), ("?", 0.5, 0.6))
    assert segments[1].duration_s == pytest.approx(0.17)
    assert segments[1].middle_s == pytest.approx(0.375)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0.2\t0.3", "line 3: 2 values; expected 3"),
        ("0.2 0.3 AA", "line 3: 1 values; expected 3"),
        ("0.2\tsoon\tAA", "line 3: could not convert string to float: 'soon'"),
        ("0.3\t0.2\tAA", "line 3: from 0.3 to 0.2 s; allowed: a start of 0.2 s or later"),
        ("0.1\t0.3\tAA", "line 3: from 0.1 to 0.3 s; allowed: a start of 0.2 s or later"),
        ("nan\t0.3\tAA", "line 3: from nan to 0.3 s"),
        ("0.2\tinf\tAA", "line 3: from 0.2 to inf s"),
        ("0.2\t0.3\tQ", "line 3: phone 'Q'; allowed: "),
    ],
)
def test_malformed_line_is_named(tmp_path, line, message):
    path = write(tmp_path, "0.0\t0.2\tP", line)

    with pytest.raises(InvalidRequest, match=f"clip.tsv: {message}"):
        read_alignment(path)


def test_start_before_zero_is_refused(tmp_path):
    with pytest.raises(InvalidRequest, match="line 2: from -0.1 to 0.2 s"):
        read_alignment(write(tmp_path, "-0.1\t0.2\tP"))


def test_file_without_header_or_phones_is_refused(tmp_path):
    with pytest.raises(InvalidRequest, match="line 1: expected the header start end phone"):
        read_alignment(write(tmp_path, header="0.0\t0.2\tP"))
    with pytest.raises(InvalidRequest, match=r"clip\.tsv: no phones"):
        read_alignment(write(tmp_path))


def test_file_that_is_missing_or_not_text_is_refused(tmp_path):
    with pytest.raises(InvalidRequest, match=r"gone\.tsv: No such file"):
        read_alignment(tmp_path / "gone.tsv")
    (tmp_path / "clip.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidRequest, match=r"clip\.tsv: not text"):
        read_alignment(tmp_path / "clip.tsv")
