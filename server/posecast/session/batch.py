"""The next windows of many sessions, their networks evaluated together."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from posecast.conditioning.speech_encoder import SpeechEncoderState
from posecast.denoising.denoiser import stack_conditions
from posecast.denoising.window_sampler import SampledWindows
from posecast.session.engine import AnimationEngine
from posecast.session.motion import WindowRequest
from posecast.session.speech_features import SpeechBlock, features_of
from posecast.signals import FaceFrames, FloatArray

if TYPE_CHECKING:
    from posecast.session.streaming import StreamingSession

OnStage = Callable[[Literal["conditioning", "denoising", "rig"], float], None]
"""Takes note of the seconds that a stage took."""
T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


def make_next_windows(sessions: Sequence[StreamingSession]) -> list[FaceFrames]:
    """Make the next window of each session.

    Args:
        sessions: As for `try_next_windows`.

    Returns:
        The frames that each window settles, perhaps none, in the order of the sessions.

    Raises:
        Exception: What went wrong with the first session that failed.
    """
    frames = []
    for made in try_next_windows(sessions):
        if isinstance(made, Exception):
            raise made
        frames.append(made)
    return frames


def try_next_windows(
    sessions: Sequence[StreamingSession], *, on_stage: OnStage = lambda _stage, _seconds: None
) -> list[FaceFrames | Exception]:
    """Make the next window of each session, or find out with which ones something is wrong.

    If the networks fail, no session has changed, and each can be tried again alone. A session's
    frames differ from those that it makes alone by the rounding of sums in another order, some
    1e-6, because a matrix product's order depends on how many rows it has.

    Args:
        sessions: Sessions of one engine, each with a window that it can make (`has_window`), none
            of them twice. Those of equal `batch_key` share the most.
        on_stage: Told, when a stage ends, how long it took for all of them.

    Returns:
        In the order of the sessions, the frames that each window settles, perhaps none, or why a
        session could not make use of what the networks answered: that one cannot go on, while the
        others have.

    Raises:
        Exception: What the networks failed with.
    """
    if not sessions:
        return []
    engine = sessions[0].engine
    began_s = time.perf_counter()
    blocks = [session.next_block() for session in sessions]
    heard = _encode(engine, blocks)
    speech = [
        features_of(block, outputs) for block, (outputs, _) in zip(blocks, heard, strict=True)
    ]
    heard_s = time.perf_counter()
    requests = [
        session.motion_requests(block.window, features)
        for session, block, features in zip(sessions, blocks, speech, strict=True)
    ]
    on_stage("conditioning", heard_s - began_s)
    sampled = iter(_sample(engine, [request for rows in requests for request in rows]))
    answers = [[next(sampled) for _ in rows] for rows in requests]
    sampled_s = time.perf_counter()
    on_stage("denoising", sampled_s - heard_s)
    made = [
        _accept(session, *told)
        for session, *told in zip(sessions, blocks, heard, speech, answers, strict=True)
    ]
    on_stage("rig", time.perf_counter() - sampled_s)
    return made


def _accept(session: StreamingSession, *told: Any) -> FaceFrames | Exception:
    """The frames of one session; what is wrong with it must not undo those beside it."""
    try:
        return session.accept(*told)
    except Exception as error:
        return error


def _encode(
    engine: AnimationEngine, blocks: Sequence[SpeechBlock]
) -> list[tuple[FloatArray, SpeechEncoderState]]:
    """Outputs and new state of each block; the first one of an utterance is longer than others."""
    encoded: dict[int, tuple[FloatArray, SpeechEncoderState]] = {}
    for rows in _alike(range(len(blocks)), [len(block.samples) for block in blocks]):
        outputs = engine.speech_encoder.encode_batch(
            [blocks[row].samples for row in rows], [blocks[row].state for row in rows]
        )
        encoded.update(zip(rows, outputs, strict=True))
    return [encoded[row] for row in range(len(blocks))]


def _sample(engine: AnimationEngine, requests: Sequence[WindowRequest]) -> list[SampledWindows]:
    """The answer to each request, a batch of one."""
    sampled: dict[int, SampledWindows] = {}
    for rows in _alike(range(len(requests)), [request.batch_key for request in requests]):
        together = [requests[row] for row in rows]
        answer = engine.sampler.sample(
            stack_conditions([request.conditions for request in together]),
            np.stack([request.noise for request in together]),
            num_steps=together[0].num_steps,
            guidance=together[0].guidance,
        )
        for place, row in enumerate(rows):
            one = slice(place, place + 1)
            sampled[row] = SampledWindows(
                motion=answer.motion[one], first_clean=answer.first_clean[one]
            )
    return [sampled[row] for row in range(len(requests))]


def _alike(items: Iterable[T], keys: Sequence[K]) -> Iterable[list[T]]:
    """Groups of the items whose keys are equal."""
    groups: defaultdict[K, list[T]] = defaultdict(list)
    for item, key in zip(items, keys, strict=True):
        groups[key].append(item)
    return groups.values()
