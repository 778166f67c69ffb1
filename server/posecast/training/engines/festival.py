"""festival's voices in six languages, with the end of every phone."""

from __future__ import annotations

import random
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import soundfile

from posecast.errors import MissingDependency
from posecast.signals import FloatArray
from posecast.training.phones import ARPABET, Segment, classes_of_festival, split_evenly
from posecast.training.text import english_sentence, foreign_sentence
from posecast.training.utterance import Spoken

VOICES: dict[str, tuple[str, str]] = {
    "kal_diphone": ("en", "utf-8"),
    "ked_diphone": ("en", "utf-8"),
    "cmu_us_slt_arctic_hts": ("en", "utf-8"),
    "lp_diphone": ("it", "latin-1"),
    "pc_diphone": ("it", "latin-1"),
    "suo_fi_lj_diphone": ("fi", "latin-1"),
    "hy_fi_mv_diphone": ("fi", "latin-1"),
    "czech_ph": ("cs", "iso8859-2"),
    "czech_dita": ("cs", "iso8859-2"),
    "czech_krb": ("cs", "iso8859-2"),
    "czech_machac": ("cs", "iso8859-2"),
    "msu_ru_nsh_clunits": ("ru", "utf-8"),
    "upc_ca_ona_hts": ("ca", "latin-1"),
}
"""Voice to language and the encoding that its text analysis expects."""

_BATCH = 24
_PRELUDE = """
(define (say_and_label text stem)
  (set! spoken (utt.synth (eval (list 'Utterance 'Text text))))
  (utt.save.wave spoken (string-append stem ".wav") 'riff)
  (utt.save.segs spoken (string-append stem ".lab")))
"""


def read_segments(label_file: Path, *, english: bool) -> list[Segment]:
    """Phone segments of a label file, whose lines are end, colour and phone."""
    segments: list[Segment] = []
    start_s = 0.0
    for line in label_file.read_text(encoding="latin-1").splitlines():
        fields = line.split()
        if len(fields) != 3 or not fields[0][0].isdigit():
            continue
        end_s, phone = float(fields[0]), fields[2]
        classes = ARPABET.get(phone, ("AX",)) if english else classes_of_festival(phone)
        segments += split_evenly(classes, start_s, end_s)
        start_s = end_s
    return segments


def _say_batch(
    voice: str, rng: random.Random, folder: Path
) -> Iterator[tuple[FloatArray, int, list[Segment]]]:
    language, encoding = VOICES[voice]
    script = [_PRELUDE, f"(voice_{voice})"]
    for index in range(_BATCH):
        english = language == "en"
        text = english_sentence(rng) if english else foreign_sentence(language, rng).lower()
        script.append(f"(Parameter.set 'Duration_Stretch {rng.uniform(0.8, 1.25):.2f})")
        script.append(f'(say_and_label "{text}" "{folder}/{index}")')
    path = folder / "batch.scm"
    path.write_bytes("\n".join(script).encode(encoding, "replace"))
    try:
        subprocess.run(  # noqa: S603 - our own script
            ["festival", "-b", str(path)],  # noqa: S607 - wherever it is installed
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise MissingDependency("festival is missing: apt-get install festival") from error
    for index in range(_BATCH):
        wave, label = folder / f"{index}.wav", folder / f"{index}.lab"
        if wave.exists() and label.exists():  # one text that a voice cannot say ends the batch
            samples, sample_rate_hz = soundfile.read(wave, dtype="float32")
            yield samples, sample_rate_hz, read_segments(label, english=language == "en")


def utterances(seed: int) -> Iterator[Spoken]:
    """Utterances of every installed voice in turn, without end.

    Raises:
        MissingDependency: If festival or all of its voices are not installed.
    """
    rng = random.Random(seed)  # noqa: S311 - draws texts and voices
    while True:
        num_made = 0
        for voice in rng.sample(sorted(VOICES), len(VOICES)):
            with tempfile.TemporaryDirectory() as folder:
                for samples, sample_rate_hz, segments in _say_batch(voice, rng, Path(folder)):
                    num_made += 1
                    yield Spoken(
                        samples=samples,
                        sample_rate_hz=sample_rate_hz,
                        segments=segments,
                        engine="festival",
                        speaker=voice,
                    )
        if not num_made:
            raise MissingDependency("festival has no voice: apt-get install festvox-kallpc16k")
