"""What is withheld in training: shares of conditions, ends of clips."""

import pytest
import torch

from posecast.config import DenoiserConfig
from posecast.errors import InvalidRequest
from posecast.training.flame.conditioning import cut_off, draw_ends, drop_conditions
from posecast.training.flame.diffusion import add_noise, draw_steps

ROWS = 40_000


def shares(mode, guided=("audio", "style")):
    """Shares of rows with: both, speech alone, style alone, neither."""
    torch.manual_seed(2)
    speech, style = drop_conditions(torch.rand(ROWS, 2), mode, guided)
    return [
        float(((speech == has_speech) & (style == has_style)).float().mean())
        for has_speech, has_style in ((1, 1), (1, 0), (0, 1), (0, 0))
    ]


@pytest.mark.parametrize(
    ("mode", "guided", "wanted"),
    [
        ("incremental", ("audio", "style"), [0.55, 0.35, 0, 0.1]),
        ("incremental", ("style", "audio"), [0.55, 0.35, 0, 0.1]),
        ("independent", ("audio", "style"), [0.25, 0.25, 0.25, 0.25]),
        ("incremental", ("audio",), [0.9, 0, 0.1, 0]),
        ("independent", ("style",), [0.9, 0.1, 0, 0]),
        ("incremental", (), [1, 0, 0, 0]),
    ],
)
def test_conditions_are_withheld_as_often_as_the_released_code_does(mode, guided, wanted):
    assert shares(mode, guided) == pytest.approx(wanted, abs=0.01)  # 4 deviations of a share


@pytest.mark.parametrize(
    ("mode", "guided", "told"),
    [("both", ("audio",), "'both'"), ("incremental", ("pitch",), "'pitch'; allowed: audio, style")],
)
def test_unknown_guidance_is_refused(mode, guided, told):
    with pytest.raises(InvalidRequest, match=told):
        drop_conditions(torch.zeros(1, 2), mode, guided)


def test_one_draw_cuts_all_rows_or_none():
    torch.manual_seed(3)
    drawn = [draw_ends(50, 100, 0.3) for _ in range(2000)]
    cut = [ends for ends in drawn if ends is not None]

    assert len(cut) / len(drawn) == pytest.approx(0.3, abs=0.04)
    everything = torch.cat(cut)
    assert (everything.min(), everything.max()) == (1, 99)
    assert all(len(ends) == 50 for ends in cut)
    assert draw_ends(3, 100, 0.0) is None
    assert draw_ends(3, 100, 1.0) is not None


@pytest.mark.parametrize(
    ("pad_mode", "wanted"),
    [("zero", [[1, 0, 0], [4, 5, 6]]), ("replicate", [[1, 1, 1], [4, 5, 6]])],
)
def test_what_comes_after_an_end_is_overwritten(pad_mode, wanted):
    values, ends = torch.tensor([[1, 2, 3], [4, 5, 6]]), torch.tensor([1, 3])

    assert cut_off(values, ends, pad_mode).tolist() == wanted
    wide = cut_off(values[..., None].expand(2, 3, 2), ends, pad_mode)
    assert wide[..., 0].tolist() == wide[..., 1].tolist() == wanted


def test_noise_grows_with_the_step():
    config = DenoiserConfig(num_steps=50)
    clean, noise = torch.ones(3, 4, 54), torch.zeros(3, 4, 54)

    kept = add_noise(config, clean, noise, torch.tensor([1, 25, 50]))[:, 0, 0]
    added = add_noise(config, noise, clean, torch.tensor([1, 25, 50]))[:, 0, 0]

    assert kept[0] > 0.99 > kept[1] > 0.1 > kept[2]
    torch.testing.assert_close(kept**2 + added**2, torch.ones(3))
    steps = draw_steps(config, 3000, torch.device("cpu"))
    assert (steps.min(), steps.max()) == (1, 50)
