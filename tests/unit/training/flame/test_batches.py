"""Batches: which frames of whom, normalised how, and the same for the same number."""

import dataclasses

import numpy as np
import pytest
import torch

from posecast.errors import InvalidRequest
from posecast.training.flame.batches import (
    PairBatches,
    StyleBatches,
    mean_of,
    normalise_for_training,
    normalise_shape,
    supply,
)
from posecast.training.flame.clips import ClipCoefficients
from posecast.training.flame.crops import EpochOrder, draw_crop


@pytest.mark.parametrize(("place", "wanted"), [("begin", {0}), ("end", {30}), ("random", None)])
def test_crops_lie_where_they_should(data, place, wanted):
    key = data.clips.keys("train")[0]
    rng = np.random.default_rng(1)

    firsts = {draw_crop(data.clips, key, 100, place, rng) for _ in range(400)}

    assert data.clips.num_frames(key) == 130
    assert firsts == (wanted or set(range(31)))


def test_a_clip_shorter_than_a_crop_is_told(data):
    key = data.clips.keys("train")[0]
    rng = np.random.default_rng(1)
    with pytest.raises(InvalidRequest, match=f"{key} has 130 frames; a crop needs 131"):
        draw_crop(data.clips, key, 131, "random", rng)
    with pytest.raises(InvalidRequest, match="'middle'; allowed: random, begin, end"):
        draw_crop(data.clips, key, 10, "middle", rng)
    with pytest.raises(InvalidRequest, match="a crop needs 132"):
        PairBatches(data.supply("train", 54, 2, 0), window_frames=66)
    with pytest.raises(InvalidRequest, match="a crop needs 147"):
        StyleBatches(data.supply("train", 54, 2, 0), clip_frames=70)


def test_every_epoch_takes_each_item_once_in_an_order_of_its_own():
    order = EpochOrder(num_items=7, seed=3)

    epochs = [[order.item(position) for position in range(7 * e, 7 * e + 7)] for e in range(3)]

    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3
    assert [EpochOrder(num_items=7, seed=3).item(9)] == [order.item(9)]
    assert [EpochOrder(num_items=7, seed=4).item(p) for p in range(7)] != epochs[0]


def test_a_pair_is_200_frames_of_a_clip_with_their_sound(data):
    data = dataclasses.replace(data, place="end")
    rows = data.supply("train", 54, 3, 0)
    batches = PairBatches(rows, window_frames=40)

    batch = batches.make(0)

    assert batch.motion.shape == (3, 80, 54)
    assert batch.waveform.shape == (3, 80 * 640)
    found = set()
    for motion, waveform, shape in zip(batch.motion, batch.waveform, batch.shape, strict=True):
        for key in rows.keys:
            coefficients = data.clips.coefficients(key, 50, 80)
            if torch.equal(motion, rows.motion(coefficients)):
                found.add(key)
                samples = data.clips.samples(key, 50, 80).astype(np.float64)
                wanted = (samples - samples.mean()) / (samples.std(ddof=1) + 1e-5)
                np.testing.assert_allclose(waveform.numpy(), wanted, atol=1e-5)
                np.testing.assert_array_equal(
                    shape.numpy(), normalise_shape(coefficients.shape[0], data.statistics)
                )
    assert len(found) == 3  # no clip twice in an epoch
    assert batches.num_an_epoch == 2  # of 4 clips


def test_style_pairs_are_two_clips_of_one_video_with_a_gap(data):
    data = dataclasses.replace(data, place="begin")
    rows = data.supply("train", 54, 32, 0)
    batches = StyleBatches(rows, clip_frames=50)

    batch = batches.make(0)

    assert batches.num_an_epoch == 1
    assert batch.first.shape == batch.second.shape == (2, 50, 54)  # two persons, not 32
    videos = []
    for first, second in zip(batch.first, batch.second, strict=True):
        for key in rows.keys:
            motion = rows.motion(data.clips.coefficients(key, 0, 105))
            if torch.equal(first, motion[:50]):
                assert torch.equal(second, motion[55:])
                videos.append(key)
    assert len({key.split("/")[0] for key in videos}) == 2


def test_one_person_alone_is_told(data):
    rows = data.supply("train", 54, 1, 0)
    with pytest.raises(InvalidRequest, match="1 persons in a batch; allowed: 2 and more"):
        StyleBatches(rows, clip_frames=50)
    with pytest.raises(InvalidRequest, match="batch_size 0"):
        data.supply("train", 54, 0, 0)


@pytest.mark.parametrize("kind", [PairBatches, StyleBatches])
def test_a_supply_goes_on_with_the_same_batches_wherever_it_starts(data, kind):
    def tensors(batch):
        return [getattr(batch, field.name) for field in dataclasses.fields(batch)]

    fresh = [kind(data.supply("train", 51, 2, 4), 40) for _ in range(2)]
    whole, late = supply(fresh[0], 0), supply(fresh[1], 3)
    first = [tensors(next(whole)) for _ in range(5)]
    later = [tensors(next(late)) for _ in range(2)]
    whole.close()
    late.close()

    for mine, theirs in zip(first[3:], later, strict=True):
        assert all(map(torch.equal, mine, theirs))
    assert not torch.equal(first[0][0], first[1][0])
    assert first[0][0].shape[-1] == 51


def test_training_adds_a_floor_to_spreads_that_move_and_holds_still_what_does_not(statistics):
    rng = np.random.default_rng(2)
    narrow = statistics.exp_std.copy()
    narrow[0], narrow[1] = 1e-9, 0.0
    changed = dataclasses.replace(statistics, exp_std=narrow)
    clip = ClipCoefficients(
        shape=np.zeros((4, 100), np.float32),
        expression=rng.standard_normal((4, 50)).astype(np.float32),
        pose=rng.standard_normal((4, 6)).astype(np.float32),
    )

    motion = normalise_for_training(clip, changed, 54)

    centred = clip.expression - changed.exp_mean
    np.testing.assert_allclose(motion[:, 0], centred[:, 0] / 2e-9, rtol=1e-5)
    np.testing.assert_array_equal(motion[:, 1], 0)
    np.testing.assert_allclose(motion[:, 2:50], (centred / statistics.exp_std)[:, 2:], rtol=1e-5)
    still = dataclasses.replace(statistics, shape_std=np.zeros(100, np.float32))
    np.testing.assert_array_equal(normalise_shape(clip.shape[0] + 3, still), 0)


def test_means_are_over_the_batches(data):
    batches = PairBatches(data.supply("val", 54, 2, 0), 40)

    means = mean_of(batches, 2, lambda batch: {"sum": batch.motion.sum()})

    wanted = (batches.make(0).motion.sum() + batches.make(1).motion.sum()) / 2
    assert means["sum"] == pytest.approx(float(wanted), rel=1e-5)
