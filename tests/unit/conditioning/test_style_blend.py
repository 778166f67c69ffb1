"""Blends and strengths: what is written is read, and life mixes as it is felt."""

import numpy as np
import pytest

from posecast.conditioning.style_blend import blend_styles, parse_blend, strengthen_style
from posecast.errors import InvalidRequest
from posecast.signals import Style

STILL = Style(
    vector=np.float32([1, 0]),
    blink_rate_hz=0.2,
    gaze_range=0.1,
    head_wander_rad=0.01,
    head_tempo_hz=0.1,
)
LIVELY = Style(
    vector=np.float32([0, 2]),
    blink_rate_hz=0.6,
    gaze_range=0.3,
    head_wander_rad=0.09,
    head_tempo_hz=0.4,
)


def life_of(style):
    return (style.blink_rate_hz, style.gaze_range, style.head_wander_rad, style.head_tempo_hz)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("cheerful", [("cheerful", 1.0)]),
        (" cheerful ", [("cheerful", 1.0)]),
        ("cheerful:0.6", [("cheerful", 1.0)]),
        ("cheerful:0.6,tired:0.4", [("cheerful", 0.6), ("tired", 0.4)]),
        ("tired:0.4, cheerful:0.6", [("tired", 0.4), ("cheerful", 0.6)]),
        ("cheerful:1,tired:1", [("cheerful", 0.5), ("tired", 0.5)]),
        ("a:.1,b:.3", [("a", 0.25), ("b", 0.75)]),
        ("actor.npz:0.7,sad:0.3", [("actor.npz", 0.7), ("sad", 0.3)]),
        (r"C:\faces\actor.npz", [(r"C:\faces\actor.npz", 1.0)]),
        (r"C:\faces\actor.npz:0.5,sad:0.5", [(r"C:\faces\actor.npz", 0.5), ("sad", 0.5)]),
    ],
)
def test_a_blend_is_read_and_its_weights_sum_to_1(text, parts):
    read = parse_blend(text)

    assert [part.name for part in read] == [name for name, _ in parts]
    assert [part.weight for part in read] == pytest.approx([weight for _, weight in parts])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:0.5,a:0.5", "style 'a' comes twice in the blend 'a:0.5,a:0.5'; allowed: once"),
        ("a:0.5,b", "style 'b' has no weight; a blend is NAME:WEIGHT,NAME:WEIGHT"),
        ("a:0.5,", "style '' has no weight"),
        ("a:much,b:0.5", "weight 'much' of style 'a:much'; allowed: above 0, at most 1"),
        ("a:0,b:0.5", "weight '0' of style 'a:0'; allowed: above 0, at most 1"),
        ("a:-0.5,b:0.5", "weight '-0.5'"),
        ("a:1.01,b:0.5", "weight '1.01'"),
        ("a:nan", "weight 'nan'"),
        ("a:", "weight ''"),
        (",".join(f"s{i}:0.1" for i in range(9)), "a blend of 9 styles; allowed: at most 8"),
    ],
)
def test_a_bad_blend_names_what_is_wrong(text, message):
    with pytest.raises(InvalidRequest) as caught:
        parse_blend(text)
    assert message in str(caught.value)


def test_eight_parts_are_taken():
    assert len(parse_blend(",".join(f"s{i}:0.1" for i in range(8)))) == 8


def test_vectors_blinks_and_gaze_mix_linearly_and_heads_by_their_ratio():
    mixed = blend_styles([(STILL, 0.5), (LIVELY, 0.5)])

    np.testing.assert_allclose(mixed.vector, [0.5, 1.0])
    assert mixed.vector.dtype == np.float32
    assert life_of(mixed) == pytest.approx((0.4, 0.2, 0.03, 0.2))


def test_a_part_alone_is_the_style_itself():
    assert blend_styles([(LIVELY, 1.0)]) is LIVELY


def test_a_head_that_never_moves_calms_a_blend_but_does_not_stop_it():
    frozen = Style(vector=np.float32([1, 0]), head_wander_rad=0.0, head_tempo_hz=0.0)

    mixed = blend_styles([(frozen, 0.5), (LIVELY, 0.5)])

    assert 0.01 < mixed.head_wander_rad < 0.045  # between no movement and the linear middle
    assert blend_styles([(frozen, 0.5), (frozen, 0.5)]).head_wander_rad == 0.0


@pytest.mark.parametrize(
    ("strength", "vector", "life"),
    [
        (0.0, [1, 0], (0.2, 0.1, 0.01, 0.1)),
        (0.5, [0.5, 1], (0.4, 0.2, 0.03, 0.2)),
        (1.0, [0, 2], (0.6, 0.3, 0.09, 0.4)),
        (1.5, [-0.5, 3], (0.8, 0.4, 0.27, 0.8)),
        (2.0, [-1, 4], (1.0, 0.5, 0.3, 1.6)),  # the head at its limit
    ],
)
def test_strength_moves_from_neutral_through_the_style_and_beyond(strength, vector, life):
    strong = strengthen_style(LIVELY, STILL, strength)

    np.testing.assert_allclose(strong.vector, vector, atol=1e-6)  # float32 rounding
    assert life_of(strong) == pytest.approx(life)


def test_exaggeration_stays_within_the_ranges():
    strong = strengthen_style(STILL, LIVELY, 2.0)

    assert (strong.blink_rate_hz, strong.gaze_range) == (0.0, 0.0)
    assert 0 < strong.head_wander_rad < STILL.head_wander_rad


@pytest.mark.parametrize("strength", [-0.1, 2.1, float("nan")])
def test_a_strength_out_of_range_is_refused(strength):
    with pytest.raises(InvalidRequest, match=r"style strength .*; allowed: 0.0 to 2.0"):
        strengthen_style(STILL, LIVELY, strength)


def test_vectors_of_two_models_do_not_mix():
    other = Style(vector=np.zeros(3, np.float32))
    with pytest.raises(InvalidRequest, match=r"shapes \[\(2,\), \(3,\)\]; expected equal ones"):
        blend_styles([(STILL, 0.5), (other, 0.5)])
