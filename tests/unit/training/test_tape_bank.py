"""A bank of tapes: its crops are what the tapes say of each stretch, at any pace."""

import sys

import numpy as np
import pytest
import torch

from posecast.training import tape_bank
from posecast.training.phones import CLASS_INDEX, SILENCE, UNKNOWN
from posecast.training.tape_bank import TapeBank, fill_bank
from posecast.training.tapes import Crop, TapeSampler

CPU = torch.device("cpu")
MARK, LENGTH = 600, 1320
A = CLASS_INDEX["A"]


def generator(seed=0, device="cpu"):
    return torch.Generator(device).manual_seed(seed)


def make_tape(seed, num_hops=480, first_value=None):
    """Anything, in numbers that half precision holds."""
    rng = np.random.default_rng(seed)
    mel = rng.integers(-1024, 256, (num_hops, 80)) / 64
    if first_value is not None:
        mel[:, 0] = first_value
    times = rng.uniform(-0.2, num_hops / 100, 6)
    return Crop(
        mel=mel.astype(np.float32),
        tracks=(rng.integers(0, 257, (num_hops, 9)) / 256).astype(np.float32),
        labels=np.repeat(rng.integers(UNKNOWN, 8, num_hops // 8), 8),
        accents=np.stack([times, rng.uniform(-1, 2, 6)], axis=1).astype(np.float32),
    )


def cut(tape, start, num_hops):
    """The stretch of a tape that a sampler would have drawn."""
    hops = slice(start, start + num_hops)
    return Crop(
        mel=tape.mel[hops],
        tracks=tape.tracks[hops],
        labels=tape.labels[hops],
        accents=tape.accents - np.array([start / 100, 0.0], np.float32),
    )


def assert_row_is(batch, row, crop):
    """Exactly what a crop says frame by frame; accents are kept in half precision."""
    padded = np.concatenate([crop.labels[:1], crop.labels])
    np.testing.assert_array_equal(batch.mel[row].cpu(), crop.mel)
    np.testing.assert_array_equal(batch.tracks[row].cpu(), crop.frame_tracks())
    labels = np.stack([padded[:-1:4], padded[1::4]], axis=1)
    np.testing.assert_array_equal(batch.labels[row].cpu(), labels)
    np.testing.assert_array_equal(batch.trusted[row].cpu(), crop.trusted_frames())
    np.testing.assert_allclose(batch.accents[row].cpu(), crop.accent_track(), atol=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_a_whole_tape_is_what_the_sampler_says_of_it(seed):
    tape = make_tape(seed)
    batch = TapeBank([tape], CPU, tempo_range=0.0).draw(2, 480, generator())
    assert_row_is(batch, 0, tape)
    assert_row_is(batch, 1, tape)
    assert 0 < batch.trusted[0].float().mean() < 1
    assert batch.labels.dtype == torch.int64


def test_a_crop_is_what_the_sampler_says_of_that_stretch():
    tapes = [make_tape(seed) for seed in range(3)]
    batch = TapeBank(tapes, CPU, tempo_range=0.0).draw(20, 120, generator())
    found = set()
    for row in range(20):
        first = batch.mel[row, 0].numpy()
        ((number, start),) = [
            (number, int(hop))
            for number, tape in enumerate(tapes)
            for hop in np.flatnonzero((tape.mel == first).all(axis=1))
        ]
        assert_row_is(batch, row, cut(tapes[number], start, 120))
        found.add((number, start))
    assert {number for number, _ in found} == {0, 1, 2}
    assert len(found) > 10


def test_a_quarter_of_the_crops_begin_where_their_tape_does():
    tape = make_tape(1)
    tape.mel[:, 0] = np.arange(480)
    batch = TapeBank([tape], CPU).draw(3000, 40, generator())
    starts = batch.mel[:, 0, 0]
    assert (starts == 0).float().mean() == pytest.approx(0.25, abs=0.03)
    assert starts[starts > 0].float().mean() == pytest.approx(220, abs=15)


@pytest.fixture
def marked():
    """Crops of a tape whose first band tells the hop, and on which everything happens at one."""
    hops = np.arange(LENGTH)
    tape = Crop(
        mel=np.repeat(hops[:, None], 80, axis=1).astype(np.float32),
        tracks=np.repeat((hops >= MARK)[:, None], 9, axis=1).astype(np.float32),
        labels=np.where(hops >= MARK, A, SILENCE),
        accents=np.array([[MARK / 100, 2.0]], np.float32),
    )
    return TapeBank([tape], CPU).draw(600, 440, generator(2))


def paces(batch):
    """Hops of tape that pass in a hop of each crop. [B]"""
    return ((batch.mel[:, -1, 0] - batch.mel[:, 0, 0]) / (batch.mel.shape[1] - 1)).numpy()


def test_crops_are_played_up_to_a_fifth_faster_or_slower_or_as_they_are(marked):
    found = paces(marked)
    assert np.mean(np.abs(found - 1) < 1e-6) == pytest.approx(0.4, abs=0.06)
    assert np.exp(-0.2) - 1e-5 <= found.min() < 0.84
    assert 1.2 < found.max() <= np.exp(0.2) + 1e-5
    steps = marked.mel[:, 1:, 0] - marked.mel[:, :-1, 0]
    np.testing.assert_allclose(steps, np.repeat(found[:, None], 439, axis=1), atol=2e-3)


def test_another_pace_stretches_spectrum_tracks_and_labels_together(marked):
    """What lies at a hop of the tape comes after as many hops of the crop, divided by the pace."""
    found = paces(marked)
    places = (MARK - marked.mel[:, 0, 0].numpy()) / found
    inside = (places > 40) & (places < 400)
    assert (np.abs(found - 1) > 0.1)[inside].sum() > 30
    frames = places[inside] / 4
    rows = torch.from_numpy(inside)
    # The mean over the 40 ms around a frame passes a half there; a peak is seen 20 ms before.
    for channel, early in ((0, 0.0), (1, 0.5)):
        rises = (marked.tracks[rows][..., channel] > 0.45).int().argmax(dim=1).numpy()
        assert np.all(np.abs(rises - (frames - early + 0.5)) <= 0.75)
    before, after = ((marked.labels[rows] == A).int().argmax(dim=1).numpy()).T
    assert np.all((after >= frames - 0.26) & (after < frames + 1.01))
    assert np.all((before >= after) & (before <= after + 1))
    loudest = marked.accents[rows].argmax(dim=1).numpy()
    assert np.all(np.abs(loudest - frames) <= 0.51)


def test_a_frame_is_trusted_by_what_is_heard_around_it_at_its_pace():
    hops = np.arange(LENGTH)
    tape = make_tape(1, LENGTH)
    tape.mel[:, 0] = hops
    labels = np.where(hops == MARK, UNKNOWN, A)
    tape = Crop(mel=tape.mel, tracks=tape.tracks, labels=labels, accents=tape.accents)
    batch = TapeBank([tape], CPU).draw(200, 440, generator(3))
    for row in range(200):
        heard = np.round(batch.mel[row, :, 0].numpy()) == MARK
        crop = Crop(
            mel=np.zeros((440, 80), np.float32),
            tracks=np.zeros((440, 9), np.float32),
            labels=np.where(heard, UNKNOWN, A),
            accents=np.zeros((0, 2), np.float32),
        )
        np.testing.assert_array_equal(batch.trusted[row], crop.trusted_frames())
    assert not batch.trusted.all()


@pytest.mark.parametrize("num_hops", [4, 120, 440, 480])
def test_crops_never_leave_their_tape(num_hops):
    """Not even those that are as long as a tape and would be played faster."""
    tapes = [make_tape(seed, first_value=100 * seed) for seed in range(3)]
    for tape in tapes:
        tape.mel[:, 1] = np.arange(480)
    batch = TapeBank(tapes, CPU).draw(400, num_hops, generator())
    assert batch.mel.shape == (400, num_hops, 80)
    assert batch.tracks.shape == (400, num_hops // 4, 9)
    assert batch.labels.shape == (400, num_hops // 4, 2)
    assert batch.accents.shape == batch.trusted.shape == (400, num_hops // 4)
    assert (batch.mel[..., 0] == batch.mel[:, :1, 0]).all()
    places = batch.mel[..., 1]
    assert places.min() >= 0
    assert places.max() <= 479
    assert (places[:, 1:] > places[:, :-1]).all()


def test_the_generator_alone_decides():
    bank = TapeBank([make_tape(seed) for seed in range(4)], CPU)
    torch.manual_seed(1)
    one = bank.draw(6, 120, generator(3))
    torch.manual_seed(2)
    again, other = bank.draw(6, 120, generator(3)), bank.draw(6, 120, generator(4))
    for name in ("mel", "tracks", "labels", "accents", "trusted"):
        first, second = getattr(one, name), getattr(again, name)
        torch.testing.assert_close(first, second, rtol=0, atol=0)
    assert (one.mel != other.mel).any()


def test_spectra_alone_are_stretches_of_a_tape_as_they_are():
    tapes = [make_tape(seed) for seed in range(3)]
    bank = TapeBank(tapes, CPU)
    drawn = bank.draw_mel(30, 120, generator()).numpy()
    assert drawn.dtype == np.float32
    found = []
    for row in drawn:
        ((number, start),) = [
            (number, hop)
            for number, tape in enumerate(tapes)
            for hop in range(480 - 120 + 1)
            if (tape.mel[hop] == row[0]).all()
        ]
        np.testing.assert_array_equal(row, tapes[number].mel[start : start + 120])
        found.append(number)
    assert {*found} == {0, 1, 2}
    whole = bank.draw_mel(2, 480, generator())
    assert whole.shape == (2, 480, 80)


@pytest.mark.parametrize(
    "workers",
    [
        1,
        pytest.param(
            3, marks=pytest.mark.skipif(sys.platform != "linux", reason="workers are forked")
        ),
    ],
)
def test_a_bank_is_filled_with_tapes_of_the_sampler(utterances, monkeypatch, workers):
    monkeypatch.setattr(tape_bank, "_TAPES_AT_A_TIME", 2)

    def fill():
        sampler = TapeSampler(utterances, np.random.default_rng(6))
        return fill_bank(sampler, 5, CPU, workers=workers, num_hops=240)

    bank, again = fill(), fill()
    assert bank._mel.shape == (5, 240, 80)
    torch.testing.assert_close(bank._mel, again._mel, rtol=0, atol=0)
    assert len({tape.numpy().tobytes() for tape in bank._mel}) == 5
    sampler = TapeSampler(utterances, np.random.default_rng(6))
    for number in range(2):  # those of the first worker
        tape = sampler.draw(240)
        np.testing.assert_array_equal(bank._mel[number], tape.mel)
        np.testing.assert_array_equal(bank._labels[number], tape.labels)
        np.testing.assert_array_equal(bank._tracks[number], tape.tracks)


@pytest.mark.gpu
def test_a_gpu_says_the_same_of_a_tape():
    tapes = [make_tape(seed) for seed in range(2)]
    bank = TapeBank(tapes, torch.device("cuda"), tempo_range=0.0)
    batch = bank.draw(8, 480, generator(device="cuda"))
    assert batch.mel.device.type == bank.device.type == "cuda"
    for row in range(8):
        is_first = bool((batch.mel[row].cpu().numpy() == tapes[0].mel).all())
        assert_row_is(batch, row, tapes[0 if is_first else 1])
    assert bank.draw_mel(3, 120, generator(device="cuda")).device.type == "cuda"
