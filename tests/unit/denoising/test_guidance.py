"""Guidance against its formulas, spelled out."""

import numpy as np
import pytest

from posecast.denoising.guidance import (
    Guidance,
    Threshold,
    blend,
    bound_predictions,
    guidance_terms,
    withhold,
)
from posecast.errors import InvalidRequest

SCALES = [(1.15, 3.0), (1.0, 1.0), (0.0, 2.0), (2.5, 0.0), (1.7, 1.7), (0.0, 0.0)]
RNG = np.random.default_rng(3)
PREDICTIONS = {
    (audio, style): RNG.standard_normal((2, 4, 3), dtype=np.float32)
    for audio in (False, True)
    for style in (False, True)
}


def guided(guidance, **flags):
    """The blend of the predictions that the terms ask for."""
    terms = guidance_terms(guidance, **flags)
    asked = np.stack([PREDICTIONS[term.keeps_audio, term.keeps_style] for term in terms])
    return blend(terms, asked)


@pytest.mark.parametrize(("audio", "style"), SCALES)
def test_incremental_pushes_from_the_next_less_conditioned(audio, style):
    null, heard, both = (PREDICTIONS[key] for key in [(False, False), (True, False), (True, True)])
    expected = null + audio * (heard - null) + style * (both - heard)

    result = guided(Guidance(audio_scale=audio, style_scale=style))

    np.testing.assert_allclose(result, expected, atol=2e-6)  # float32 sums in another order


@pytest.mark.parametrize(("audio", "style"), SCALES)
def test_independent_pushes_from_the_unconditional(audio, style):
    null, heard, styled = (
        PREDICTIONS[key] for key in [(False, False), (True, False), (False, True)]
    )
    expected = null + audio * (heard - null) + style * (styled - null)

    result = guided(Guidance(audio_scale=audio, style_scale=style, mode="independent"))

    np.testing.assert_allclose(result, expected, atol=2e-6)


@pytest.mark.parametrize(("audio", "style"), SCALES)
def test_original_reproduces_the_aliased_accumulator(audio, style):
    null, heard, styled = (
        PREDICTIONS[key] for key in [(False, False), (True, False), (False, True)]
    )
    total = null.copy()
    alias = total  # the published code means the unconditional prediction here
    total += audio * (heard - alias)
    total += style * (styled - alias)

    result = guided(Guidance(audio_scale=audio, style_scale=style, mode="original"))

    np.testing.assert_allclose(result, total, atol=4e-6)


@pytest.mark.parametrize(
    ("guides", "without", "scale"),
    [
        pytest.param({"guides_style": False}, (False, True), 1.15, id="speech"),
        pytest.param({"guides_audio": False}, (True, False), 3.0, id="style"),
    ],
)
@pytest.mark.parametrize("mode", ["incremental", "independent", "original"])
def test_an_unguided_condition_is_given_to_every_prediction(mode, guides, without, scale):
    null, full = PREDICTIONS[without], PREDICTIONS[True, True]

    result = guided(Guidance(mode=mode, **guides))

    np.testing.assert_allclose(result, null + scale * (full - null), atol=2e-6)


def test_no_guidance_is_the_conditional_prediction():
    result = guided(Guidance(guides_audio=False, guides_style=False))

    np.testing.assert_array_equal(result, PREDICTIONS[True, True])


@pytest.mark.parametrize(
    ("guidance", "flags", "num_terms"),
    [
        pytest.param(Guidance(), {}, 3, id="published"),
        pytest.param(Guidance(audio_scale=1.0, style_scale=1.0), {}, 1, id="both scales 1"),
        pytest.param(Guidance(audio_scale=1.0), {}, 2, id="speech scale 1"),
        pytest.param(Guidance(audio_scale=2.0, style_scale=2.0), {}, 2, id="equal scales"),
        pytest.param(Guidance(), {"has_style": False}, 2, id="no style given"),
        pytest.param(Guidance(), {"has_audio": False, "has_style": False}, 1, id="nothing given"),
        pytest.param(Guidance(guides_style=False), {}, 2, id="speech alone"),
    ],
)
def test_no_prediction_is_asked_for_in_vain(guidance, flags, num_terms):
    terms = guidance_terms(guidance, **flags)

    assert len(terms) == num_terms
    assert sum(term.weight for term in terms) == pytest.approx(1.0)


def test_withheld_conditions_keep_everything_else(tiny_config, tiny_conditions):
    conditions = tiny_conditions(tiny_config(), 12)

    null, _, full = withhold(conditions, guidance_terms(Guidance()))

    assert not null.has_speech.any()
    assert not null.has_style.any()
    np.testing.assert_array_equal(null.previous_speech, conditions.previous_speech)
    np.testing.assert_array_equal(null.has_previous, conditions.has_previous)
    np.testing.assert_array_equal(full.has_style, conditions.has_style)


def test_threshold_clips_each_sample_of_each_prediction_alone():
    predictions = np.ones((2, 2, 10, 10), dtype=np.float32) * 0.5
    predictions[0, 1] = np.linspace(0.0, 3.0, 100).reshape(10, 10)
    predictions[1, 0] = -9.0

    result = bound_predictions(predictions, Threshold(ratio=0.9, low=1.0, high=4.0))

    assert result[0, 1].max() == pytest.approx(np.quantile(predictions[0, 1], 0.9))
    assert result[1, 0].min() == -4.0  # the upper limit of the bound
    np.testing.assert_array_equal(result[0, 0], predictions[0, 0])
    assert result.dtype == np.float32


def test_small_predictions_are_not_clipped_below_the_lower_limit():
    predictions = np.linspace(-0.9, 0.9, 100, dtype=np.float32).reshape(1, 1, 10, 10)

    np.testing.assert_array_equal(bound_predictions(predictions, Threshold()), predictions)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda: Guidance(mode="both"), "'both'.*incremental", id="mode"),
        pytest.param(lambda: Guidance(audio_scale=float("nan")), "audio_scale nan", id="nan"),
        pytest.param(lambda: Guidance(style_scale=float("inf")), "style_scale inf", id="inf"),
        pytest.param(lambda: Threshold(ratio=1.5), "ratio 1.5", id="ratio"),
        pytest.param(lambda: Threshold(low=2.0, high=1.0), "2.0..1.0", id="bounds"),
        pytest.param(lambda: Threshold(low=0.0), "0.0..4.0", id="no bound"),
    ],
)
def test_bad_guidance_is_refused(make, message):
    with pytest.raises(InvalidRequest, match=message):
        make()


def test_a_missing_prediction_is_refused():
    terms = guidance_terms(Guidance())
    with pytest.raises(InvalidRequest, match="2 predictions for 3"):
        blend(terms, np.zeros((2, 1, 4, 3), dtype=np.float32))
