"""Emotions over time, and the style that they come to."""

from __future__ import annotations

import math
from importlib import resources

import numpy as np
import pytest

from posecast.conditioning.style import StyleBank, load_styles
from posecast.signals import Style
from posecast.transport.a2f_emotions import (
    EMOTIONS,
    STYLE_OF,
    EmotionTrack,
    emotion_from,
    style_of,
    without_style,
)

JOY, ANGER, GRIEF = (EMOTIONS.index(name) for name in ("joy", "anger", "grief"))


def flat(value):
    return Style(vector=np.full(4, value, np.float32))


STYLES = StyleBank(
    {"neutral": flat(0.0), "cheerful": flat(1.0), "angry": flat(-1.0)},
    dict.fromkeys(("neutral", "cheerful", "angry"), ""),
)


def joy_at(track, *times_s):
    return [round(float(track.at(time_s)[JOY]), 6) for time_s in times_s]


def test_values_are_held_to_0_and_1_and_unknown_names_are_told():
    emotion, unknown = emotion_from({"joy": 2.0, "anger": -1.0, "grief": math.nan, "hunger": 1.0})

    assert (emotion[JOY], emotion[ANGER], emotion[GRIEF]) == (1.0, 0.0, 0.0)
    assert unknown == {"hunger"}


def test_a_name_with_underscores_is_the_name_without_them():
    emotion, unknown = emotion_from({"out_of_breath": 0.5})

    assert emotion[EMOTIONS.index("outofbreath")] == 0.5
    assert not unknown


def test_the_beginning_holds_until_the_first_key_and_a_change_takes_its_time():
    track = EmotionTrack({"joy": 0.2}, transition_s=0.5)
    track.add(1.0, {"joy": 1.0})

    assert joy_at(track, 0.0, 0.99, 1.0, 1.25, 1.5, 9.0) == [0.2, 0.2, 0.2, 0.6, 1.0, 1.0]


def test_a_key_in_a_change_goes_on_from_where_that_had_come():
    track = EmotionTrack({}, transition_s=1.0)
    track.add(0.0, {"joy": 1.0})
    track.add(0.5, {})

    assert joy_at(track, 0.5, 1.0, 1.5) == [0.5, 0.25, 0.0]


@pytest.mark.parametrize("time_s", [0.5, -1.0, math.nan, -math.inf])
def test_a_key_whose_time_has_passed_takes_effect_at_once(time_s):
    track = EmotionTrack({}, transition_s=0.5)
    track.at(2.0)
    track.add(time_s, {"joy": 1.0})

    assert joy_at(track, 2.0, 2.25, 2.5) == [0.0, 0.5, 1.0]


def test_keys_may_come_in_any_order_and_behind_the_end():
    track = EmotionTrack({}, transition_s=0.1)
    track.add(math.inf, {"anger": 1.0})
    track.add(3.0, {})
    track.add(1.0, {"joy": 1.0})

    assert joy_at(track, 0.9, 2.0, 4.0) == [0.0, 1.0, 0.0]


def test_no_emotion_is_the_very_base():
    base = flat(0.3)

    assert style_of(np.zeros(len(EMOTIONS)), base, STYLES) is base


def test_an_emotion_takes_its_share_from_the_base():
    emotion, _ = emotion_from({"joy": 0.25})

    assert style_of(emotion, flat(0.2), STYLES).vector == pytest.approx(0.75 * 0.2 + 0.25)


def test_emotions_of_more_than_1_in_all_share_the_whole():
    emotion, _ = emotion_from({"joy": 1.0, "cheekiness": 1.0, "anger": 1.0})

    assert style_of(emotion, flat(9.0), STYLES).vector == pytest.approx(1 / 3)


def test_emotions_without_a_style_change_nothing_and_are_told():
    emotion, _ = emotion_from({"pain": 1.0, "fear": 1.0, "joy": 0.5})
    base = flat(0.0)

    assert style_of(emotion, base, STYLES).vector == pytest.approx(0.5)
    assert without_style(emotion, STYLES) == {"pain", "fear"}


def test_every_style_that_is_named_is_one_of_the_default_models():
    default_styles = load_styles(resources.files("posecast") / "models/default/styles.npz", 128)
    assert set(STYLE_OF) == set(EMOTIONS) - {"pain"}
    assert set(STYLE_OF.values()) <= set(default_styles.names)
