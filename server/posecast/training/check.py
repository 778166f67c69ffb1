"""Judges a speech encoder alone, on held-out voices: its articulation against the phones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch.nn import functional

from posecast.conditioning.torch_speech_encoder import SpeechEncoderNetwork
from posecast.training.articulation import articulate, phone_labels, tracks_at_frame_rate
from posecast.training.augment import normalise_levels
from posecast.training.phones import CHANNEL_INDEX, CLASS_INDEX, UNKNOWN
from posecast.training.utterance import Utterance

_CONTACT = 0.5
_MOST_UTTERANCES = 60
_TAKEN_FOR_ONE = 0.12
_PEAKS = ("closure_odds", "other_odds")


def check_speech_encoder(
    network: SpeechEncoderNetwork, utterances: list[Utterance], look_ahead_frames: int
) -> dict[str, dict[str, float]]:
    """Figures of each engine and collection.

    Args:
        network: The trained network.
        utterances: Of voices that it never heard; 60 of each engine, evenly spread, are judged.
        look_ahead_frames: One of its look-aheads.

    Returns:
        By engine: `phones`, share of the frames whose likeliest phone class is right; `closures`,
        share of p, b, m with a peak of the channel above a half; `false`, share of other phones
        with such a peak, those left out that are or stand beside one of these, a silence or an
        unknown phone; `heard`, share of p, b, m whose odds of being one peak higher than all but
        0.12 of those of the other phones; `f_v` and `false_f_v`, the same of the labiodental
        channel as `closures` and `false`; `jaw` and `round`, correlation with the rule's channel.
    """
    results: dict[str, dict[str, float]] = {}
    for engine in sorted({utterance.engine for utterance in utterances}):
        all_own = [utterance for utterance in utterances if utterance.engine == engine]
        own = all_own[:: max(1, len(all_own) // _MOST_UTTERANCES)][:_MOST_UTTERANCES]
        parts = [
            part for utterance in own for part in _judge(network, utterance, look_ahead_frames)
        ]
        names = sorted({name for name, _ in parts})
        results[engine] = {
            name: round(float(np.mean([value for key, value in parts if key == name])), 4)
            for name in names
            if name not in _PEAKS
        }
        closures, others = ([value for key, value in parts if key == name] for name in _PEAKS)
        if closures and others:
            enough = np.quantile(others, 1 - _TAKEN_FOR_ONE)
            results[engine]["heard"] = round(float(np.mean(np.array(closures) > enough)), 4)
    return results


@torch.no_grad()
def _judge(
    network: SpeechEncoderNetwork, utterance: Utterance, look_ahead: int
) -> Iterator[tuple[str, float]]:
    mel = torch.from_numpy(utterance.mel.astype(np.float32))[None]
    mel = functional.pad(mel, (0, 0, 0, 4 * look_ahead), value=float(mel.min()))
    config = network.config
    chosen = torch.tensor([[float(frames == look_ahead) for frames in config.look_aheads_frames]])
    hidden, _ = network.hidden(normalise_levels(mel), chosen, network.initial_state(1))
    heads = [head[0, look_ahead:].numpy() for head in network.heads(hidden)]
    tracks, phones = heads[0], heads[2].argmax(-1)
    odds = torch.softmax(torch.from_numpy(heads[2]), dim=-1)[..., CLASS_INDEX["PBM"]].sum(dim=-1)
    labels = phone_labels(utterance.segments, len(utterance.mel))
    padded = np.concatenate([labels[:1], labels])
    wanted = np.stack([padded[0:-1:4], padded[1::4]], axis=1)
    known = wanted != UNKNOWN
    if known.any():
        yield "phones", float((phones == wanted)[known].mean())
    for phone, channel, names in (
        ("PBM", "close", ("closures", "false")),
        ("FV", "labiodental", ("f_v", "false_f_v")),
    ):
        for name, peak in _peaks(tracks[:, CHANNEL_INDEX[channel]], utterance, phone, names):
            yield name, float(peak > _CONTACT)
    yield from _peaks(odds.numpy(), utterance, "PBM", _PEAKS)
    segments = utterance.segments[utterance.segments[:, 0] != UNKNOWN]
    trusted = known.all(axis=1)
    if trusted.sum() > 20:
        rule = tracks_at_frame_rate(articulate(segments, len(utterance.mel)))
        for channel in ("jaw", "round"):
            column = CHANNEL_INDEX[channel]
            if rule[trusted, column].std() > 1e-3:
                pair = np.corrcoef(tracks[trusted, column], rule[trusted, column])
                yield channel, float(pair[0, 1])


def _peaks(
    column: np.ndarray, utterance: Utterance, phone: str, names: tuple[str, str]
) -> Iterator[tuple[str, float]]:
    """Highest value in each phone of a class, and in each of the others that are clear."""
    classes = utterance.segments[:, 0].astype(int)
    wanted, unclear = CLASS_INDEX[phone], {UNKNOWN, CLASS_INDEX["sil"]}
    for index, (phone_class, start_s, end_s) in enumerate(utterance.segments):
        first, last = round(start_s * 25), max(round(start_s * 25) + 1, round(end_s * 25))
        if last > len(column):
            continue
        peak = float(column[first:last].max())
        near = set(classes[max(0, index - 1) : index + 2].tolist())
        if int(phone_class) == wanted:
            yield names[0], peak
        elif not near & (unclear | {wanted}):
            yield names[1], peak
