"""The worked example of docs/flame-metrics.md does what the page says."""

from __future__ import annotations

import argparse
import re
import runpy
from pathlib import Path

import pytest

from posecast.evaluation.commands import add_arguments, run

PAGE = Path(__file__).parents[3] / "docs" / "flame-metrics.md"


def block(language):
    return re.search(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]


def cells_of(table):
    """Names as they are, numbers as numbers."""
    return [
        float(cell) if re.fullmatch(r"[+-]?\d.*", cell) else cell
        for line in table.splitlines()
        if not line.startswith("---")
        for cell in line.split()
    ]


def test_worked_example_prints_the_tables_of_the_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.py").write_text(block("python"))
    runpy.run_path("toy.py")
    command = re.search(r"posecast evaluate (--flame true .*)", PAGE.read_text(encoding="utf-8"))[1]
    parser = argparse.ArgumentParser()
    add_arguments(parser)

    run(parser.parse_args(command.split()))

    expected = cells_of(block("text"))
    printed = cells_of(capsys.readouterr().out.split("\nLVE mm   ")[0])
    assert len(expected) > 100
    assert len(printed) == len(expected)
    for ours, theirs in zip(printed, expected, strict=True):
        # skinning in float32 rounds otherwise on other processors
        assert ours == (pytest.approx(theirs, rel=0.01) if isinstance(theirs, float) else theirs)
