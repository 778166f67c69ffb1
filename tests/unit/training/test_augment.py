"""Augmentation: other spectra of the same shape, the same for a seed; and their levels."""

import numpy as np
import pytest
import torch

from posecast.conditioning.log_mel import DYNAMIC_RANGE, PEAK_FLOOR, normalise_level
from posecast.training import augment as augment_module
from posecast.training.augment import augment, mask_bands, mask_hops, normalise_levels

CHANGES = (
    "_sharpen", "_warp_formants", "_equalise", "_reverberate", "_add_babble", "_add_noise",
    "_limit_band", "_change_gain",
)  # fmt: skip


@pytest.fixture(scope="module")
def mel():
    """Rows like speech: bands that swell and fade, 60 dB deep."""
    torch.manual_seed(1)
    coarse = torch.randn(12, 1, 15, 20)
    smooth = torch.nn.functional.interpolate(coarse, size=(60, 80), mode="bilinear")[:, 0]
    return 3 * smooth - 2


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_shape_stays_and_every_number_is_finite(mel):
    for seed in range(5):
        changed = augment(mel, generator(seed))
        assert changed.shape == mel.shape
        assert changed.dtype == torch.float32
        assert torch.isfinite(changed).all()


def test_silence_stays_finite():
    silence = torch.full((4, 40, 80), float(np.log(1e-7)))
    assert torch.isfinite(normalise_levels(augment(silence, generator()))).all()


def test_the_generator_alone_decides(mel):
    torch.manual_seed(1)
    first = augment(mel, generator(3))
    torch.manual_seed(2)
    torch.testing.assert_close(augment(mel, generator(3)), first, rtol=0, atol=0)
    assert (augment(mel, generator(4)) - first).abs().max() > 0.1


def test_the_input_is_left_alone(mel):
    before = mel.clone()
    augment(mel, generator())
    torch.testing.assert_close(mel, before, rtol=0, atol=0)


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_changes_some_rows_in_time_and_place_only(mel, name):
    chance = augment_module._Chance(mel, generator(5))
    changed = getattr(augment_module, name)(mel, chance)
    moved = (changed - mel).abs().amax(dim=(1, 2)) > 1e-3
    assert changed.shape == mel.shape
    assert moved.any()


@pytest.mark.parametrize("name", ["_sharpen", "_equalise", "_add_noise", "_limit_band"])
def test_rows_that_are_not_chosen_stay_as_they_are(mel, name):
    rows = torch.cat([mel] * 4)
    chance = augment_module._Chance(rows, generator(5))
    changed = getattr(augment_module, name)(rows, chance)
    kept = (changed - rows).abs().amax(dim=(1, 2)) == 0
    assert kept.any()


def test_a_room_never_takes_power_away_and_only_after_the_sound():
    click = torch.full((64, 50, 80), -16.0)
    click[:, 20] = 2.0
    wet = augment_module._reverberate(click, augment_module._Chance(click, generator()))
    assert (wet >= click - 1e-4).all()
    # Before the sound there is but the tail of the floor: at most 1.5 times the floor itself.
    assert (wet[:, :20] <= click[:, :20] + 1.0).all()
    assert (wet[:, 25] > click[:, 25] + 3).any()


def test_a_room_is_a_recursion_over_the_hops(mel):
    rows = mel.repeat(4, 1, 1)
    wet = augment_module._reverberate(rows, augment_module._Chance(rows, generator(3)))
    chance = augment_module._Chance(rows, generator(3))
    keep = torch.exp(-0.01 * 13.8 / chance.uniform(0.15, 0.8))[:, 0]
    is_room = chance.happens(0.35)
    share = torch.where(is_room, 3 * chance.uniform(0.05, 0.6), 0.0)[:, 0]
    tail = torch.zeros(len(rows), 80)
    for hop, power in enumerate(rows.exp().unbind(dim=1)):
        tail = keep * tail + (1 - keep) * power
        expected = torch.log(power + share * tail + 1e-9)
        torch.testing.assert_close(wet[:, hop], expected, atol=1e-4, rtol=1e-4)
    assert 0.15 < is_room.float().mean() < 0.6


def test_a_gpu_s_way_to_make_a_room_is_the_same(mel):
    log_keep = -0.01 * 13.8 / torch.linspace(0.15, 0.8, len(mel))[:, None, None]
    torch.testing.assert_close(
        augment_module._decay_at_once(mel.exp(), log_keep),
        augment_module._decay_in_turn(mel.exp(), log_keep),
    )


def test_noise_is_often_as_loud_as_in_a_car():
    flat = torch.zeros(1500, 16, 80)

    def below_db(**options):
        noisy = augment_module._add_noise(
            flat, augment_module._Chance(flat, generator(2)), odds=1.0, **options
        )
        noise = torch.log(torch.expm1(noisy).clamp(min=1e-9)).mean(dim=(1, 2))
        return -noise * 10 / np.log(10)

    usual, gentle = below_db(), below_db(loudest_db=18)
    in_a_car = [((d > 6) & (d < 24)).float().mean().item() for d in (usual, gentle)]
    # 0.4 of the rows, and 18 / 46 of the others; gently 6 / 32 of all; the colour blurs both.
    assert in_a_car[0] == pytest.approx(0.4 + 0.6 * 18 / 46, abs=0.06)
    assert in_a_car[1] == pytest.approx(6 / 32, abs=0.06)


def test_a_sound_is_mixed_in_to_between_its_loudest_and_30_db_below():
    """The row is loud in its first half, the sound in its second."""
    loud_first = torch.full((400, 40, 80), -16.0)
    loud_first[:, :20] = 1.0
    sound = torch.full((400, 40, 80), -16.0)
    sound[:, 20:] = 5.0
    chance = augment_module._Chance(loud_first, generator())
    mixed = augment_module._mix(loud_first, sound, chance, odds=0.5, loudest_db=6)
    is_mixed = (mixed != loud_first).any(dim=2).any(dim=1)
    assert is_mixed.float().mean() == pytest.approx(0.5, abs=0.08)
    below_db = (1.0 - mixed[is_mixed][:, 20:].mean(dim=(1, 2))) * 10 / np.log(10)
    assert 6 <= below_db.min() < 8
    assert 28 < below_db.max() <= 30.01
    torch.testing.assert_close(mixed[:, :20], loud_first[:, :20], atol=0.01, rtol=0)


@pytest.fixture
def mixing_alone(monkeypatch):
    """All other changes change nothing."""
    for name in CHANGES:
        monkeypatch.setattr(augment_module, name, lambda mel, chance, **_: mel)


@pytest.mark.usefixtures("mixing_alone")
def test_sounds_are_mixed_into_a_quarter_of_the_rows_and_never_into_gentle_ones(mel):
    rows, sounds = mel.repeat(50, 1, 1), mel.roll(1, dims=0).repeat(50, 1, 1)
    mixed = augment(rows, generator(), sounds=sounds)
    changed = (mixed != rows).any(dim=2).any(dim=1)
    assert changed.float().mean() == pytest.approx(0.25, abs=0.05)
    assert (mixed >= rows).all()
    for untouched in (
        augment(rows, generator()),
        augment(rows, generator(), gently=True, sounds=sounds),
    ):
        torch.testing.assert_close(untouched, rows, rtol=0, atol=0)


@pytest.fixture
def always(monkeypatch):
    """Whatever might happen to a row happens."""
    monkeypatch.setattr(
        augment_module._Chance,
        "happens",
        lambda chance, _: torch.ones(chance.batch, 1, 1, dtype=torch.bool),
    )


@pytest.mark.usefixtures("always")
def test_a_telephone_passes_nothing_above_its_limit():
    loud = torch.full((300, 5, 80), 10.0)
    heard = augment_module._limit_band(loud, augment_module._Chance(loud, generator()))
    assert (heard >= augment_module.SILENT_LEVEL).all()
    is_silent = (heard == augment_module.SILENT_LEVEL).all(dim=1)
    edges = 80 - is_silent.sum(dim=1)
    assert not is_silent[:, :57].any()
    assert is_silent[:, 72:].all()  # from 60 bands, 8 of the coder's and 3 that it takes to fall
    assert (edges.min(), edges.max()) == (pytest.approx(58, abs=1), pytest.approx(71, abs=1))
    torch.testing.assert_close(heard[..., 12:52], loud[..., 12:52], atol=0.05, rtol=0)


@pytest.fixture
def telephones(always):
    """Rows that all went through a telephone: speech in bands 20 to 39, loud and then quiet."""
    speech = torch.full((200, 60, 80), augment_module.SILENT_LEVEL)
    speech[:, :30, 20:40] = 10.0
    speech[:, 30:, 20:40] = 2.0
    chance = augment_module._Chance(speech, generator())
    return speech, augment_module._limit_band(speech, chance)


def test_the_noise_of_a_telephone_follows_the_speech_and_fills_its_band(telephones):
    speech, heard = telephones
    torch.testing.assert_close(heard[..., 25:35], speech[..., 25:35], atol=0.1, rtol=0)
    power = 10.0 + np.log(20 / 80)  # of the speech, spread over all bands
    for bands in (slice(0, 6), slice(44, 52)):
        loud, quiet = (
            heard[:, hops, bands].mean(dim=(1, 2)) for hops in (slice(30), slice(30, 60))
        )
        below_db = (power - loud) * 10 / np.log(10)
        assert 18 < below_db.min() < 30
        assert 44 < below_db.max() < 56
        is_clear = quiet > augment_module.SILENT_LEVEL + 3
        assert is_clear.sum() > 50
        torch.testing.assert_close(
            (loud - quiet)[is_clear], torch.full((int(is_clear.sum()),), 8.0), atol=0.3, rtol=0
        )


def test_a_telephone_has_a_low_edge_and_so_have_some_of_the_others():
    flat = torch.zeros(2000, 2, 80)
    heard = augment_module._limit_band(flat, augment_module._Chance(flat, generator(1)))
    changed = (heard != flat).flatten(1).any(dim=1)
    assert changed.float().mean() == pytest.approx(0.4, abs=0.04)
    fall = (heard[changed][..., 20] - heard[changed][..., 0]).mean(dim=1)
    # Half are telephones, and two fifths of the others have an edge: seven of ten.
    assert (fall > 1.0).float().mean() == pytest.approx(0.7, abs=0.06)
    assert (fall[fall < 1.0].abs() < 0.3).all()


def test_a_change_of_gain_is_the_same_for_all_bands(mel):
    changed = augment_module._change_gain(mel, augment_module._Chance(mel, generator()))
    gain = changed - mel
    torch.testing.assert_close(gain, gain[..., :1].expand_as(gain), atol=1e-4, rtol=0)


def test_levels_of_a_batch_are_those_that_the_server_computes(mel):
    batch = normalise_levels(mel).numpy()
    for row, expected in zip(mel.numpy(), batch, strict=True):
        found, _ = normalise_level(row, PEAK_FLOOR)
        # The server counts the decay in float64.
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_bands_are_masked_in_about_half_of_the_rows_and_never_the_level():
    torch.manual_seed(2)
    normalised = torch.randn(400, 6, 81)
    masked = mask_bands(normalised, generator())
    is_changed = (masked != normalised).any(dim=1)
    assert 0.4 < is_changed.any(dim=1).float().mean() < 0.6
    assert not is_changed[:, -1].any()
    assert 2 <= is_changed.sum(dim=1).max() <= 11


def holes_of(row):
    """Lengths of the runs of hops that lie at the level of silence."""
    is_silent = (row[:, :-1] == -DYNAMIC_RANGE / 4 + 1.2).all(dim=1).numpy()
    edges = np.flatnonzero(np.diff(is_silent, prepend=False, append=False))
    return edges[1::2] - edges[::2]


def test_holes_of_30_to_110_ms_are_as_silent_as_silence_is():
    torch.manual_seed(3)
    normalised = torch.randn(600, 200, 81)
    masked = mask_hops(normalised, generator())
    holes = [holes_of(row) for row in masked]
    inner = np.concatenate([hole for hole in holes if len(hole) == 1 or len(hole) == 2])
    assert {*range(3, 12)} <= {*inner.tolist()}
    assert np.percentile(inner, 95) <= 11  # two holes may touch, the end may cut one
    # Each of two holes is there in half of the rows.
    assert np.mean([len(hole) == 0 for hole in holes]) == pytest.approx(0.25, abs=0.06)
    silence = normalise_levels(torch.tensor([[[-1.0] * 80], [[-17.0] * 80]]).transpose(0, 1))
    assert silence[0, 1, 0] == masked[masked != normalised].unique()


def test_holes_never_touch_the_level_nor_what_lies_between_them():
    torch.manual_seed(3)
    normalised = torch.randn(50, 60, 81)
    masked = mask_hops(normalised, generator())
    torch.testing.assert_close(masked[..., -1], normalised[..., -1], rtol=0, atol=0)
    changed = (masked != normalised)[..., :-1]
    assert (changed.any(dim=2) == changed.all(dim=2)).all()


def test_the_generator_alone_decides_where_the_holes_are(mel):
    one, again, other = (mask_hops(normalise_levels(mel), generator(seed)) for seed in (1, 1, 2))
    torch.testing.assert_close(one, again, rtol=0, atol=0)
    assert (one != other).any()


@pytest.mark.gpu
def test_everything_is_done_on_the_device_of_the_spectra(mel):
    on_gpu = torch.Generator("cuda").manual_seed(1)
    changed = normalise_levels(augment(mel.cuda(), on_gpu, sounds=mel.roll(1, dims=0).cuda()))
    masked = mask_hops(mask_bands(changed, on_gpu), on_gpu)
    assert masked.device.type == "cuda"
    assert torch.isfinite(masked).all()
