"""What a stream asks for becomes one style."""

import numpy as np
import pytest

from posecast.conditioning.style import StyleBank
from posecast.config import AnimationOptions
from posecast.errors import InvalidRequest
from posecast.session.pipeline import animate
from posecast.session.style_choice import choose_style
from posecast.signals import Style, Waveform

NEUTRAL, SAD = Style(vector=np.float32([1, 1])), Style(vector=np.float32([3, 0]))
BANK = StyleBank({"neutral": NEUTRAL, "sad": SAD}, {"neutral": "", "sad": ""})


def test_a_name_alone_is_that_style():
    assert choose_style(BANK, AnimationOptions(style="sad")) is SAD


def test_strength_applies_to_blends():
    options = AnimationOptions(style="neutral:0.5,sad:0.5", style_strength=2.0)

    np.testing.assert_allclose(choose_style(BANK, options).vector, [3, 0], atol=1e-6)


def test_strength_applies_to_a_style_of_the_callers_own():
    own = Style(vector=np.float32([1, 5]))

    chosen = choose_style(BANK, AnimationOptions(style="sad", style_strength=0.5), own=own)

    np.testing.assert_allclose(chosen.vector, [1, 3])


def test_strength_needs_a_neutral_style():
    bank = StyleBank({"sad": SAD}, {"sad": ""})

    assert choose_style(bank, AnimationOptions(style="sad")) is SAD
    with pytest.raises(InvalidRequest, match=r"strength 0.5; this model has no style 'neutral'"):
        choose_style(bank, AnimationOptions(style="sad", style_strength=0.5))


def test_a_clip_is_animated_at_the_strength(tiny_engine, speech_like):
    clip = Waveform(samples=speech_like[:16_000], sample_rate_hz=16_000)

    def face(**options):
        return animate(tiny_engine, clip, AnimationOptions(seed=1, **options)).weights

    np.testing.assert_array_equal(face(style="cheerful", style_strength=0.0), face(style="neutral"))
    strong, plain = face(style="cheerful", style_strength=2.0), face(style="cheerful")
    assert not np.array_equal(strong, plain)
