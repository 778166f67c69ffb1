import re
import subprocess
import sys
from pathlib import Path

import posecast

ROOT = Path(__file__).parents[2]


def test_versions_agree():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", changelog, re.MULTILINE)

    printed = subprocess.run(
        [sys.executable, "-m", "posecast", "--version"], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(ROOT / "server")},
    )  # fmt: skip

    assert newest is not None
    assert newest[1] == posecast.__version__
    assert printed.stdout == f"posecast {posecast.__version__}\n"
