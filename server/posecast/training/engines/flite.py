"""flite's English voices, with the end of every phone."""

from __future__ import annotations

import random
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import soundfile

from posecast.errors import MissingDependency
from posecast.training.phones import ARPABET, Segment, split_evenly
from posecast.training.text import english_sentence
from posecast.training.utterance import Spoken

VOICES = ("slt", "rms", "awb", "kal16")


def say(text: str, voice: str, options: list[str], path: Path) -> list[Segment]:
    """Speak a text into a WAV file.

    Args:
        text: What to say.
        voice: One of `VOICES`.
        options: Further arguments of flite.
        path: The file to write.

    Returns:
        Its phone segments.

    Raises:
        MissingDependency: If flite is not installed.
    """
    command = ["flite", "-voice", voice, "-t", text, "-o", str(path), "-psdur", *options]
    try:
        printed = subprocess.run(  # noqa: S603 - no shell takes part
            command, capture_output=True, text=True, check=True
        ).stdout
    except FileNotFoundError as error:
        raise MissingDependency("flite is missing: apt-get install flite") from error
    segments: list[Segment] = []
    start_s = 0.0
    for token in printed.split():
        phone, separator, end = token.rpartition(":")
        if separator:
            segments += split_evenly(ARPABET.get(phone, ("AX",)), start_s, float(end))
            start_s = float(end)
    return segments


def utterances(seed: int) -> Iterator[Spoken]:
    """Utterances of random voices, without end."""
    rng = random.Random(seed)  # noqa: S311 - draws texts and voices
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        while True:
            voice = rng.choice(VOICES)
            options = ["--setf", f"duration_stretch={rng.uniform(0.8, 1.25):.2f}"]
            if voice == "kal16":
                options += ["--setf", f"int_f0_target_mean={rng.randint(80, 150)}"]
                options += ["--setf", f"int_f0_target_stddev={rng.randint(8, 30)}"]
            segments = say(english_sentence(rng), voice, options, path)
            samples, sample_rate_hz = soundfile.read(path, dtype="float32")
            yield Spoken(
                samples=samples,
                sample_rate_hz=sample_rate_hz,
                segments=segments,
                engine="flite",
                speaker=voice,
            )
