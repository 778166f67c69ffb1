"""The readout finds what vectors tell of gestures, and says how well on styles it does not know."""

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.signals import Style
from posecast.training.style_gestures import fit_gestures, fit_readout, gestures_of
from posecast.training.styles import StyleParameters, draw_style

DIM = 24


def draw(rng, count, noise):
    """Vectors whose numbers mix two gestures with others and noise, and the gestures."""
    wanted = rng.uniform(0, 0.1, (count, 2))
    others = rng.standard_normal((count, 4))
    mixing = np.random.default_rng(99).standard_normal((6, DIM))
    vectors = np.hstack([20 * wanted, others]) @ mixing
    return vectors + noise * rng.standard_normal(vectors.shape), wanted


@pytest.mark.parametrize(("noise", "least", "most"), [(0.01, 0.999, 1.0), (2.0, 0.3, 0.95)])
def test_what_is_told_holds_for_styles_that_were_not_fitted(noise, least, most):
    rng = np.random.default_rng(0)
    fitted = fit_readout(*draw(rng, 400, noise))
    vectors, wanted = draw(rng, 2000, noise)

    told = np.array([fitted.readout.of(Style(vector=v.astype(np.float32))) for v in vectors])

    for column in range(2):
        found = np.corrcoef(told[:, column], wanted[:, column])[0, 1]
        assert least < found <= most
        assert fitted.correlation[column] == pytest.approx(found, abs=0.1)


def test_vectors_that_tell_nothing_give_the_usual_gesture():
    rng = np.random.default_rng(1)
    fitted = fit_readout(rng.standard_normal((300, DIM)), rng.uniform(0, 0.1, (300, 2)))
    told = fitted.readout.of(Style(vector=rng.standard_normal(DIM).astype(np.float32)))
    assert told == pytest.approx((0.05, 0.05), abs=0.02)
    assert abs(fitted.correlation[0]) < 0.3


class _Encoder:
    """Shows the numbers of a style among others."""

    def __init__(self):
        self.sampler = type("Sampler", (), {"rng": np.random.default_rng(2)})()

    def encode(self, style):
        rest = (style.smile, style.mouth_gain, style.frown)
        return Style(vector=np.float32([style.brow_gain, *rest, 30 * style.nod_rad]))


def test_random_styles_are_drawn_encoded_and_regressed():
    readout = fit_gestures(_Encoder(), 60).readout
    style = draw_style(np.random.default_rng(5))
    assert readout.of(_Encoder().encode(style)) == pytest.approx(gestures_of(style), abs=2e-3)


def test_gestures_are_those_of_the_rules():
    assert gestures_of(StyleParameters(nod_rad=0.02, brow_gain=0.5)) == (0.02, 0.3)


def test_too_few_styles_are_refused():
    with pytest.raises(InvalidRequest, match="15 styles; allowed: 16 or more"):
        fit_gestures(_Encoder(), 15)
