"""Sentences: full of words, safe to put between quotes, the same for a seed."""

import random
import re

import pytest

from posecast.errors import MissingDependency
from posecast.training import text


@pytest.fixture(autouse=True)
def words(tmp_path, monkeypatch):
    """A word list of our own: the system's may be missing."""
    path = tmp_path / "words"
    path.write_text("boat\nmoving\nX-ray\nMary's\nsupercalifragilistic\nfive\na\n")
    monkeypatch.setattr(text, "WORD_LIST", path)
    text._words.cache_clear()
    yield path
    text._words.cache_clear()


def test_plain_lower_case_words_are_taken():
    assert text._words() == ("boat", "moving", "five")


def test_english_sentences_are_filled_and_end():
    rng = random.Random(1)
    for _ in range(200):
        sentence = text.english_sentence(rng)
        assert sentence[-1] in ".?!"
        assert "{" not in sentence
        assert '"' not in sentence
        assert "\\" not in sentence


def test_some_sentences_are_numbers_and_some_laugh():
    rng = random.Random(2)
    sentences = [text.english_sentence(rng) for _ in range(1000)]
    numbers = [sentence for sentence in sentences if re.search(r"\d", sentence)]
    assert 0.03 < len(numbers) / 1000 < 0.1
    for start in ("It costs", "At ", "Call ", "From "):
        assert any(sentence.startswith(start) for sentence in numbers)
    for laugh in ("Ha ha ha ha!", "He he he. Ho ho.", "Mm hmm."):
        assert any(laugh in sentence for sentence in sentences)
    assert any(sentence.endswith("?") for sentence in sentences)


def test_every_language_has_words_that_a_quoted_script_can_hold():
    rng = random.Random(1)
    for language in text.FOREIGN:
        sentence = text.foreign_sentence(language, rng)
        assert len(sentence.split()) >= 4
        assert sentence.endswith(".")
        assert '"' not in sentence
        assert "\\" not in sentence


def test_a_long_sentence_has_a_comma_in_the_middle():
    assert text._with_comma(list("abcdefgh")) == "a b c d e, f g h"
    assert text._with_comma(list("abc")) == "a b c"


def test_the_same_seed_says_the_same():
    one, two = (
        [text.english_sentence(rng) for _ in range(5)] for rng in map(random.Random, (3, 3))
    )
    assert one == two


def test_a_missing_word_list_says_how_to_get_it(words):
    words.unlink()
    with pytest.raises(MissingDependency, match="apt-get install wamerican"):
        text.english_sentence(random.Random(2))
