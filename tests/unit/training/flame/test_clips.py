"""Sets of clips: both formats give the same frames, and say what is wrong with a file."""

import io
import pickle
import shutil

import lmdb
import numpy as np
import pytest
import soundfile

from posecast.errors import InvalidRequest
from posecast.rig.flame_statistics import FlameStatistics
from posecast.training.flame.clips import SPLITS, ClipCoefficients, read_key_list
from posecast.training.flame.flac import read_flac, write_flac
from posecast.training.flame.folder_clips import FolderClips, FolderWriter
from posecast.training.flame.lmdb_clips import LmdbClips
from posecast.training.flame.lmdb_writer import LmdbWriter
from posecast.training.flame.measured_statistics import measure_statistics
from posecast.training.flame.open_clips import convert_clips, open_clips
from posecast.training.flame.splits import split_persons


def make_clip(num_frames, seed=0):
    rng = np.random.default_rng(seed)
    return (
        rng.uniform(-1, 1, 640 * num_frames + 300).astype(np.float32),
        ClipCoefficients(
            shape=rng.standard_normal((num_frames, 100)).astype(np.float32),
            expression=rng.standard_normal((num_frames, 50)).astype(np.float32),
            pose=rng.standard_normal((num_frames, 6)).astype(np.float32),
        ),
    )


@pytest.fixture
def database(tmp_path):
    """Two clips of 230 and 100 frames."""
    folder = tmp_path / "lmdb"
    with LmdbWriter(folder) as writer:
        writer.add("anna/000", *make_clip(230, seed=1))
        writer.add("bert/000", *make_clip(100, seed=2))
    return folder


def change(folder, key, value):
    environment = lmdb.open(str(folder), map_size=1 << 26)
    with environment.begin(write=True) as transaction:
        if value is None:
            transaction.delete(key.encode())
        else:
            transaction.put(key.encode(), pickle.dumps(value))
    environment.close()


def assert_same_coefficients(one, other):
    for name, values in one.arrays().items():
        np.testing.assert_array_equal(values, other.arrays()[name])


@pytest.mark.parametrize(
    ("first", "length"),
    [(0, 230), (0, 1), (99, 2), (100, 100), (150, 80), (229, 1)],
)
def test_frames_of_a_database_are_those_that_were_written(database, first, length):
    samples, coefficients = make_clip(230, seed=1)
    clips = LmdbClips(database)

    assert clips.num_frames("anna/000") == 230
    assert_same_coefficients(
        clips.coefficients("anna/000", first, length), coefficients.part(first, length)
    )
    heard = clips.samples("anna/000", first, length)
    np.testing.assert_allclose(heard, samples[640 * first : 640 * (first + length)], atol=2**-15)


def test_a_database_has_the_published_layout(database):
    environment = lmdb.open(str(database), readonly=True, lock=False)
    with environment.begin() as transaction:
        stored = {bytes(key).decode(): bytes(value) for key, value in transaction.cursor()}
    read = {key: pickle.loads(value) for key, value in stored.items()}  # noqa: S301 - our own
    environment.close()

    assert read["metadata"] == {"seg_len": 100}
    assert read["anna/000/metadata"] == {"n_frames": 230}
    segments = [read[f"anna/000/{index:03d}"] for index in range(3)]
    assert [len(part["coef"]["exp"]) for part in segments] == [100, 100, 30]
    sound, rate_hz = soundfile.read(io.BytesIO(segments[0]["audio"]), dtype="int16")
    assert (rate_hz, sound.shape) == (16_000, (64_000,))
    assert (database / "keys.txt").read_text() == "anna/000\nbert/000\n"
    assert len(read) == 1 + 4 + 2


def test_a_database_grows_with_what_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("posecast.training.flame.lmdb_writer._FIRST_SIZE", 1 << 17)
    folder = tmp_path / "lmdb"
    with LmdbWriter(folder) as writer:
        for index in range(4):
            writer.add(f"anna/{index:03d}", *make_clip(20, seed=index))

    clips = LmdbClips(folder)

    for index in range(4):
        found = clips.coefficients(f"anna/{index:03d}", 0, 20)
        assert_same_coefficients(found, make_clip(20, seed=index)[1])


def test_sets_of_both_formats_hold_the_same(clip_folder, tmp_path):
    there = convert_clips(open_clips(clip_folder), tmp_path / "lmdb")
    convert_clips(open_clips(tmp_path / "lmdb"), tmp_path / "folder")

    assert there == {key: key for key in open_clips(clip_folder).keys(None)}
    one, other = open_clips(clip_folder), open_clips(tmp_path / "folder")
    assert isinstance(open_clips(tmp_path / "lmdb"), LmdbClips)
    assert isinstance(other, FolderClips)
    assert all(tuple(one.keys(split)) == tuple(other.keys(split)) for split in (None, *SPLITS))
    for key in one.keys(None):
        length = one.num_frames(key)
        assert other.num_frames(key) == length
        assert_same_coefficients(
            one.coefficients(key, 0, length), other.coefficients(key, 0, length)
        )
        np.testing.assert_array_equal(one.samples(key, 0, length), other.samples(key, 0, length))
    FlameStatistics.from_npz(tmp_path / "folder" / "stats_train.npz")


def test_names_that_are_no_numbers_are_numbered_in_a_database(tmp_path):
    writer = FolderWriter(tmp_path / "folder")
    for name in ("anna/yes", "anna/no", "bert/007"):
        writer.add(name, *make_clip(3))

    renamed = convert_clips(open_clips(tmp_path / "folder"), tmp_path / "lmdb")

    assert renamed == {"anna/no": "anna/000", "anna/yes": "anna/001", "bert/007": "bert/007"}
    assert open_clips(tmp_path / "lmdb").keys(None) == ("anna/000", "anna/001", "bert/007")


def test_a_database_is_never_written_over(database, tmp_path):
    with pytest.raises(InvalidRequest, match="exists"):
        LmdbWriter(database)
    with pytest.raises(InvalidRequest, match="not empty"):
        convert_clips(open_clips(database), database)


def test_a_clip_whose_name_leaves_the_folder_is_refused(tmp_path):
    """A stranger's database may name its clips as it likes."""
    for key in ("../evil", "a/../b", "/etc/passwd", "a", "a/b/c", "a/.b", "a\\b/c", "a/"):
        with pytest.raises(InvalidRequest, match="allowed: PERSON/NAME"):
            FolderWriter(tmp_path / "folder").add(key, *make_clip(2))
    assert not (tmp_path / "folder").exists()


class Hostile:
    def __reduce__(self):
        return print, ("run",)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("anna/000/001", None, "anna/000/001 is missing"),
        ("anna/000/001", [], "is a list"),
        ("anna/000/001", {"audio": b"x"}, "coef is missing"),
        ("anna/000/001", {"coef": {"exp": np.zeros((9, 50))}}, "pose is missing"),
        ("anna/000/001", {"coef": make_clip(9)[1].arrays()}, "9 frames; expected 100"),
        ("anna/000/001", {"coef": {"exp": "text"}}, "exp is of type <U4"),
        ("anna/000/001", {"coef": Hostile()}, "builtins.print"),
        ("anna/000/metadata", {"n_frames": 0}, "n_frames 0"),
        ("anna/000/metadata", {}, "n_frames None"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_in_a_database_is_told(database, capsys, key, value, told):
    change(database, key, value)
    with pytest.raises(InvalidRequest, match=told):
        LmdbClips(database).coefficients("anna/000", 0, 200)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("audio", "told"),
    [
        (None, "audio is missing"),
        (b"noise", "cannot be read"),
        ("short", "expected at least 64000"),
    ],
)
def test_what_is_wrong_with_sound_in_a_database_is_told(database, audio, told):
    if audio == "short":
        file = io.BytesIO()
        write_flac(file, np.zeros(1000, np.float32))
        audio = file.getvalue()
    change(database, "anna/000/001", {"audio": audio, "coef": make_clip(100)[1].arrays()})
    with pytest.raises(InvalidRequest, match=told):
        LmdbClips(database).samples("anna/000", 0, 200)


def test_a_folder_without_clips_and_a_file_that_is_no_database_are_told(tmp_path):
    with pytest.raises(InvalidRequest, match="holds no PERSON/NAME.flac and no data.mdb"):
        open_clips(tmp_path)
    (tmp_path / "data.mdb").write_bytes(b"no database at all")
    with pytest.raises(InvalidRequest, match="no LMDB database"):
        open_clips(tmp_path)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"exp": np.zeros((7, 49))}, r"exp has shape \(7, 49\)"),
        ({"pose": np.zeros((6, 6))}, "lengths"),
        ({"shape": np.full(100, np.nan)}, "shape is not finite"),
        ({"pose": None}, "pose is missing"),
    ],
    ids=["width", "length", "nan", "missing"],
)
def test_what_is_wrong_with_coefficients_is_told(tmp_path, changes, told):
    folder = tmp_path / "folder"
    samples, coefficients = make_clip(7)
    FolderWriter(folder).add("anna/000", samples, coefficients)
    arrays = coefficients.arrays() | changes
    np.savez(folder / "anna" / "000.npz", **{k: v for k, v in arrays.items() if v is not None})

    with pytest.raises(InvalidRequest, match=told):
        open_clips(folder).num_frames("anna/000")


def test_one_shape_stands_for_all_frames_and_sound_limits_them(tmp_path):
    folder = tmp_path / "folder"
    samples, coefficients = make_clip(7)
    FolderWriter(folder).add("anna/000", samples[: 5 * 640 + 639], coefficients)
    arrays = coefficients.arrays() | {"shape": coefficients.shape[0]}
    np.savez(folder / "anna" / "000.npz", **arrays)
    clips = open_clips(folder)

    assert clips.num_frames("anna/000") == 5
    np.testing.assert_array_equal(
        clips.coefficients("anna/000", 0, 5).shape, np.tile(coefficients.shape[0], (5, 1))
    )


@pytest.mark.parametrize(("first", "length"), [(-1, 2), (0, 0), (6, 2), (0, 8)])
def test_frames_that_a_clip_has_not_are_refused(tmp_path, first, length):
    folder = tmp_path / "folder"
    FolderWriter(folder).add("anna/000", *make_clip(7))
    clips = open_clips(folder)
    for read in (clips.coefficients, clips.samples):
        with pytest.raises(InvalidRequest, match="it has 7"):
            read("anna/000", first, length)


def test_a_damaged_archive_and_a_clip_that_is_not_there_are_told(tmp_path):
    folder = tmp_path / "folder"
    FolderWriter(folder).add("anna/000", *make_clip(7))
    (folder / "anna" / "000.npz").write_bytes(b"PK")
    clips = open_clips(folder)
    with pytest.raises(InvalidRequest, match="cannot be read"):
        clips.num_frames("anna/000")
    with pytest.raises(InvalidRequest, match="is not in"):
        clips.num_frames("anna/001")


def test_sound_of_16_bits_is_stored_without_loss(tmp_path):
    path = tmp_path / "sound.flac"
    samples = np.array([-32768, -12345, -1, 0, 1, 54, 32767], np.float32) / 32768
    write_flac(path, samples)
    write_flac(tmp_path / "loud.flac", np.array([-1.5, 1.5], np.float32))

    np.testing.assert_array_equal(read_flac(path, "here", 0, 7), samples)
    np.testing.assert_array_equal(read_flac(path, "here", 2, 3), samples[2:5])
    loud = read_flac(tmp_path / "loud.flac", "here", 0, 2)
    np.testing.assert_array_equal(loud, np.array([-1, 32767 / 32768], np.float32))


def test_sound_of_another_rate_is_refused(tmp_path):
    folder = tmp_path / "folder"
    FolderWriter(folder).add("anna/000", *make_clip(7))
    soundfile.write(folder / "anna" / "000.flac", np.zeros((8000, 2)), 8000)
    with pytest.raises(InvalidRequest, match="8000 Hz, 2 channels"):
        open_clips(folder).num_frames("anna/000")
    with pytest.raises(InvalidRequest, match="8000 Hz, 2 channels"):
        read_flac(folder / "anna" / "000.flac", "here", 0, 1)


def test_lists_name_clips_of_the_set_and_at_least_one(tmp_path):
    path = tmp_path / "train.txt"
    with pytest.raises(InvalidRequest, match="cannot be read"):
        read_key_list(path, lambda _: True)
    path.write_text("\n\n")
    with pytest.raises(InvalidRequest, match="lists no clip"):
        read_key_list(path, lambda _: True)
    path.write_text("a/0\n\n b/1 \n")
    assert read_key_list(path, lambda _: True) == ("a/0", "b/1")
    with pytest.raises(InvalidRequest, match="'b/1' is not in the set"):
        read_key_list(path, lambda key: key == "a/0")


def test_nobody_is_in_two_splits(clip_folder, tmp_path):
    folder = tmp_path / "set"
    shutil.copytree(clip_folder, folder)
    clips = open_clips(folder)

    counts = split_persons(clips, num_validation=1, num_test=2, seed=5)

    assert counts == {"train": 3, "val": 1, "test": 2}
    persons = [{key.split("/")[0] for key in clips.keys(split)} for split in SPLITS]
    assert sum(map(len, persons)) == len(set.union(*persons)) == 6
    assert sorted(key for split in SPLITS for key in clips.keys(split)) == list(clips.keys(None))
    for validation, test in ((3, 3), (0, 1), (1, 0)):
        with pytest.raises(InvalidRequest, match="of 6"):
            split_persons(clips, num_validation=validation, num_test=test, seed=5)


def test_statistics_are_means_within_windows(tmp_path):
    """Two clips of exactly a window: every pass sees both whole."""
    writer = FolderWriter(tmp_path)
    clips = [make_clip(100, seed=seed)[1] for seed in (1, 2)]
    for index, clip in enumerate(clips):
        writer.add(f"anna/{index:03d}", np.zeros(64_000, np.float32), clip)
    (tmp_path / "train.txt").write_text("anna/000\nanna/001\n")

    measured = measure_statistics(open_clips(tmp_path), num_passes=3)

    for kind, name in (("shape", "shape"), ("exp", "expression"), ("pose", "pose")):
        windows = np.stack([getattr(clip, name) for clip in clips]).astype(np.float64)
        wanted = {
            "mean": windows.mean(axis=(0, 1)),
            "std": windows.std(axis=1).mean(axis=0),
            "max": windows.max(axis=(0, 1)),
            "min": windows.min(axis=(0, 1)),
        }
        for measure, row in wanted.items():
            np.testing.assert_allclose(measured[f"{kind}_{measure}"], row, rtol=1e-5, atol=1e-7)
    with pytest.raises(InvalidRequest, match="0 passes"):
        measure_statistics(open_clips(tmp_path), num_passes=0)


def test_what_differs_between_clips_alone_has_the_spread_between_them(tmp_path):
    """Our clips may have one identity each, whose spread within a window is 0."""
    writer = FolderWriter(tmp_path)
    for index, value in enumerate((1.0, 3.0)):
        samples, clip = make_clip(100)
        shape = np.full((100, 100), value, np.float32)
        shape[:, 1] = 5.0
        pose = clip.pose.copy()
        pose[:, 4:] = 0.0
        still = ClipCoefficients(shape=shape, expression=clip.expression, pose=pose)
        writer.add(f"anna/{index:03d}", samples, still)
    (tmp_path / "train.txt").write_text("anna/000\nanna/001\n")

    measured = measure_statistics(open_clips(tmp_path), num_passes=2)

    assert measured["shape_std"][0] == pytest.approx(1.0)
    assert measured["shape_std"][1] == 0
    np.testing.assert_array_equal(measured["pose_std"][4:], 0)
