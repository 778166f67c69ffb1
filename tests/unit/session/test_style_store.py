"""Styles that clients keep stand beside the model's own."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from posecast.conditioning.style import StyleBank
from posecast.config import AnimationOptions
from posecast.errors import InvalidRequest, Overloaded
from posecast.session import style_store
from posecast.session.style_choice import choose_style
from posecast.session.style_store import StyleStore
from posecast.signals import Style


def style_of(*values: float) -> Style:
    return Style(vector=np.array(values, np.float32))


@pytest.fixture
def store() -> StyleStore:
    own = StyleBank(
        {"neutral": style_of(0, 0), "cheerful": style_of(1, 0)}, {"neutral": "", "cheerful": "up"}
    )
    return StyleStore(own)


def test_a_kept_style_is_found_by_its_name_and_described(store):
    store.keep("Actor_2-b", style_of(0, 3), "from a take")

    assert store.styles.names == ("neutral", "cheerful", "Actor_2-b")
    assert store.styles.get("Actor_2-b").vector.tolist() == [0, 3]
    assert store.styles.describe("Actor_2-b") == "from a take"
    assert store.own.names == ("neutral", "cheerful")


def test_blends_and_strength_reach_a_kept_style(store):
    store.keep("actor", style_of(0, 4), "")
    options = AnimationOptions(style="cheerful:0.5,actor:0.5", style_strength=2.0)

    chosen = choose_style(store.styles, options)

    assert chosen.vector.tolist() == [1.0, 4.0]  # twice (0.5, 2) away from a neutral of 0


def test_keeping_again_replaces_and_leaves_a_bank_in_use_as_it_was(store):
    store.keep("actor", style_of(1, 1), "old")
    in_use = store.styles

    store.keep("actor", style_of(2, 2), "new")

    assert in_use.get("actor").vector.tolist() == [1, 1]
    assert store.styles.get("actor").vector.tolist() == [2, 2]
    assert store.styles.describe("actor") == "new"
    assert len(store.styles.names) == 3


@pytest.mark.parametrize(
    "name", ["", "a b", "a:b", "a,b", "actor.npz", "\u00e4ctor", "a\n", "x" * 65, "../x", "\u0661"]
)
def test_a_name_of_other_characters_is_refused(store, name):
    with pytest.raises(InvalidRequest, match="allowed: 1 to 64 letters, digits, - and _"):
        store.keep(name, style_of(0, 0), "")


def test_the_longest_name_is_kept(store):
    store.keep("x" * 64, style_of(0, 0), "")

    assert "x" * 64 in store.styles.names


def test_a_name_of_the_models_own_is_refused(store):
    with pytest.raises(InvalidRequest, match="'cheerful' is the model's own"):
        store.keep("cheerful", style_of(0, 0), "")


def test_neutral_cannot_be_kept_even_where_the_model_has_none():
    store = StyleStore(StyleBank({"calm": style_of(1, 1)}, {"calm": ""}))

    with pytest.raises(InvalidRequest, match="'neutral' is the model's own"):
        store.keep("neutral", style_of(0, 0), "")


def test_a_full_store_replaces_but_takes_no_further_name(store, monkeypatch):
    monkeypatch.setattr(style_store, "MAX_KEPT", 2)
    store.keep("first", style_of(1, 1), "")
    store.keep("second", style_of(1, 1), "")

    with pytest.raises(Overloaded, match="2 styles are kept; this server allows 2"):
        store.keep("third", style_of(1, 1), "")
    store.keep("first", style_of(5, 5), "")

    assert store.styles.get("first").vector.tolist() == [5, 5]
    assert "third" not in store.styles.names


def test_styles_that_are_kept_at_the_same_time_are_all_kept(store):
    def keep_some(prefix: str) -> None:
        for index in range(100):
            store.keep(f"{prefix}{index}", style_of(0, index), "")

    threads = [threading.Thread(target=keep_some, args=(prefix,)) for prefix in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(store.styles.names) == 2 + 400
