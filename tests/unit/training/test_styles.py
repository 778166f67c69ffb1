"""Styles: every draw is in range, and every name can be shown."""

import numpy as np

from posecast.training.styles import (
    NAMED_STYLES,
    PARAMETER_NAMES,
    STATIC_PARAMETERS,
    StyleParameters,
    draw_hard_styles,
    draw_style,
    parameter_vector,
    sharing_statics,
)


def draw(count=300, seed=1):
    rng = np.random.default_rng(seed)
    return [draw_style(rng) for _ in range(count)]


def test_drawn_styles_differ_in_every_parameter_and_are_the_same_for_a_seed():
    styles = draw()
    for name in PARAMETER_NAMES:
        assert np.std([getattr(style, name) for style in styles]) > 1e-3
    assert draw() == styles
    assert draw(seed=2) != styles


def test_parameters_are_finite_numbers_of_comparable_size():
    vectors = np.stack([parameter_vector(style) for style in draw()])
    assert vectors.shape == (300, len(PARAMETER_NAMES)) == (300, 20)
    assert np.isfinite(vectors).all()
    assert np.abs(vectors).max() < 6


def test_a_hard_negative_shares_what_a_single_frame_shows_and_nothing_else():
    style, base = draw(2)
    shared = sharing_statics(style, base)
    for name in PARAMETER_NAMES:
        source = base if name in STATIC_PARAMETERS else style
        assert getattr(shared, name) == getattr(source, name)


def test_neutral_is_what_parameters_are_by_themselves():
    assert NAMED_STYLES["neutral"].parameters == StyleParameters()


def test_named_styles_lie_within_what_is_drawn():
    """A style that training never came near would be a guess."""
    drawn = np.stack([parameter_vector(style) for style in draw(4000)])
    low, high = drawn.min(axis=0), drawn.max(axis=0)
    for name, named in NAMED_STYLES.items():
        vector = parameter_vector(named.parameters)
        outside = [
            parameter
            for parameter, value, least, most in zip(
                PARAMETER_NAMES, vector, low - 0.05, high + 0.05, strict=True
            )
            if not least <= value <= most
        ]
        assert not outside, name


def test_named_styles_differ_and_describe_themselves_in_a_line():
    assert len({named.parameters for named in NAMED_STYLES.values()}) == len(NAMED_STYLES) == 12
    for named in NAMED_STYLES.values():
        assert named.description
        assert "\n" not in named.description
        assert 0 < named.parameters.blink_rate_hz < 1
        assert 0 < named.parameters.gaze_range < 0.5


def test_every_other_style_of_a_batch_shares_its_statics_and_none_its_dynamics():
    styles = draw_hard_styles(8, np.random.default_rng(2))
    for name in STATIC_PARAMETERS:
        assert len({getattr(style, name) for style in styles[::2]}) == 1
    assert len({style.rest_yaw_rad for style in styles[1::2]}) == 4
    for name in ("mouth_gain", "head_tempo_hz", "nod_rad", "blink_rate_hz", "gaze_range"):
        assert len({getattr(style, name) for style in styles}) == 8
