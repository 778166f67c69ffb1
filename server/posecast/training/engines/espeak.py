"""espeak-ng through its C library: about a hundred languages, with the sample of every phone."""

from __future__ import annotations

import ctypes
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from posecast.errors import MissingDependency
from posecast.training.phones import CLASS_INDEX, Segment, classes_of_ipa, split_evenly
from posecast.training.text import FOREIGN, english_sentence, foreign_sentence
from posecast.training.utterance import Spoken

_SYNCHRONOUS, _EVENTS_IN_IPA = 2, 3
_PHONEME_EVENT = 7
_RATE, _PITCH, _PITCH_RANGE = 1, 3, 4
_UTF8, _END_PAUSE = 1, 0x1000

_ENGLISH = ("en-us",) * 8 + ("en-gb", "en-gb-x-rp", "en-gb-scotland", "en-029", "en-us-nyc") * 2
_VARIANTS = (
    "f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "klatt",
    "klatt2", "klatt3", "klatt4", "klatt5", "Alex", "Alicia", "Andrea", "Andy", "Annie", "adam",
    "antonio", "aunty", "belinda", "benjamin", "boris", "caleb", "david", "Denis", "Diogo", "ed",
    "edward", "Gene", "Henrique", "Hugo", "iven", "iven3", "Jacky", "john", "Lee", "linda",
    "Marco", "Mario", "max", "Michael", "michel", "miguel", "Mike", "pablo", "paul", "pedro",
    "quincy", "rob", "robert", "sandro", "shelby", "steph", "steph2", "travis", "victor", "zac",
    "anika", "grandma", "grandpa", "croak", "whisper", "whisperf",
)  # fmt: skip

STOP_CLOSURE_S = 0.05
"""Silent closure of a voiceless stop, which espeak books on the phone before (measured)."""
STOP_BURST_S = 0.018
"""Length of the burst after the event of a voiceless stop."""


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("phone", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Espeak:
    """The library, which can be initialised once in a process."""

    def __init__(self) -> None:
        """Load and initialise it.

        Raises:
            MissingDependency: If the library or its voices are not installed.
        """
        try:
            self._library = ctypes.CDLL("libespeak-ng.so.1")
        except OSError as error:
            raise MissingDependency("espeak-ng is missing: apt-get install espeak-ng") from error
        self._chunks: list[np.ndarray] = []
        self._events: list[tuple[int, str]] = []
        self._callback = _Callback(self._collect)  # kept: the library holds a bare pointer to it
        self.sample_rate_hz = int(
            self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, _EVENTS_IN_IPA)
        )
        if self.sample_rate_hz <= 0:
            raise MissingDependency("espeak-ng finds no voices: apt-get install espeak-ng-data")
        self._library.espeak_SetSynthCallback(self._callback)

    def _collect(self, wave: Any, num_samples: int, events: Any) -> int:
        if wave and num_samples > 0:
            self._chunks.append(np.ctypeslib.as_array(wave, (num_samples,)).copy())
        index = 0
        while events[index].type:
            event = events[index]
            if event.type == _PHONEME_EVENT:
                self._events.append((event.sample, event.phone.decode("utf-8", "ignore")))
            index += 1
        return 0

    def say(
        self, text: str, voice: str, *, words_a_minute: int, pitch: int, pitch_range: int
    ) -> tuple[np.ndarray, list[tuple[int, str]]] | None:
        """Speak a text.

        Args:
            text: What to say.
            voice: Language and variant, e.g. `en-us+f2`.
            words_a_minute: Speed.
            pitch: 0..100.
            pitch_range: 0..100.

        Returns:
            The audio and the sample at which each phone (IPA) starts; None if there is no such
            voice or it has nothing to say.
        """
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            return None
        for parameter, value in (
            (_RATE, words_a_minute),
            (_PITCH, pitch),
            (_PITCH_RANGE, pitch_range),
        ):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._chunks.clear()
        self._events.clear()
        data = text.encode()
        self._library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8 | _END_PAUSE, None, None)
        if not self._chunks:
            return None
        return np.concatenate(self._chunks).astype(np.float32), list(self._events)


def segments_from_events(
    events: list[tuple[int, str]], num_samples: int, sample_rate_hz: int
) -> list[Segment]:
    """Phone segments from espeak's events, with voiceless stops put right.

    Args:
        events: First sample and IPA of each phone.
        num_samples: Length of the audio.
        sample_rate_hz: Rate of the audio.

    Returns:
        Segments in order.
    """
    segments: list[Segment] = []
    ends = [start for start, _ in [*events, (num_samples, "")][1:]]
    for (start_sample, phone), end_sample in zip(events, ends, strict=True):
        start_s, end_s = start_sample / sample_rate_hz, end_sample / sample_rate_hz
        if phone.startswith("("):  # a switch of language, not a sound
            continue
        if phone[:1] in {"p", "t", "k"}:
            _append_voiceless_stop(segments, classes_of_ipa(phone), start_s, end_s)
            continue
        classes = classes_of_ipa(phone)
        if not classes and end_s - start_s > 0.03:
            classes = ("sil",)
        segments += split_evenly(classes, start_s, end_s)
    return segments


def _append_voiceless_stop(
    segments: list[Segment], classes: tuple[str, ...], event_s: float, end_s: float
) -> None:
    """The event marks the burst; the closure before it is cut from the phone before."""
    closure_s = max(0.0, event_s - STOP_CLOSURE_S)
    if segments and segments[-1][2] > closure_s:
        phone, start_s, last_end_s = segments[-1]
        closure_s = min(last_end_s, max(start_s + 0.02, closure_s))
        segments[-1] = (phone, start_s, closure_s)
    burst_s = min(end_s, event_s + STOP_BURST_S)
    segments.append((CLASS_INDEX[classes[0]], closure_s, burst_s))
    if end_s - burst_s > 0.015:
        segments += split_evenly(classes[1:] or ("H",), burst_s, end_s)


def utterances(seed: int) -> Iterator[Spoken]:
    """Utterances of random voices and languages, without end."""
    rng = random.Random(seed)  # noqa: S311 - draws texts and voices
    engine = Espeak()
    languages = _ENGLISH + tuple(FOREIGN)
    while True:
        language = rng.choice(languages)
        voice = language + rng.choice(["", "", ""] + ["+" + variant for variant in _VARIANTS])
        english = language.startswith("en")
        text = english_sentence(rng) if english else foreign_sentence(language, rng)
        spoken = engine.say(
            text,
            voice,
            words_a_minute=rng.randint(120, 220),
            pitch=rng.randint(20, 80),
            pitch_range=rng.randint(20, 95),
        )
        if spoken is None:
            continue
        samples, events = spoken
        segments = segments_from_events(events, len(samples), engine.sample_rate_hz)
        yield Spoken(
            samples=samples,
            sample_rate_hz=engine.sample_rate_hz,
            segments=segments,
            engine="espeak",
            speaker=voice,
        )
