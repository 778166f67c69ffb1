"""Makes the committed asset again: `python -m posecast.head.make` (needs posecast[plot])."""

from __future__ import annotations

from pathlib import Path

from posecast.head.asset import FILE_NAME
from posecast.head.encode import encode_head
from posecast.head.model import build_head

if __name__ == "__main__":
    Path(__file__).with_name(FILE_NAME).write_bytes(encode_head(build_head()))
