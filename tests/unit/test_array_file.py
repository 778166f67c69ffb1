"""NumPy's files: arrays, and never what they would have to be unpickled for."""

import numpy as np
import pytest

from posecast.array_file import read_npy, read_npz
from posecast.errors import CheckpointMismatch, InvalidRequest


@pytest.fixture
def files(tmp_path):
    np.savez(tmp_path / "many.npz", a=np.arange(3), b=np.eye(2))
    np.save(tmp_path / "one.npy", np.arange(4.0))
    np.savez(tmp_path / "pickled.npz", a=np.array([{}]))
    np.save(tmp_path / "pickled.npy", np.array([{}]))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "many.npz").read_bytes()[:200])
    (tmp_path / "empty.npy").write_bytes(b"")
    (tmp_path / "text.npy").write_text("no array")
    return tmp_path


def test_arrays_are_read(files):
    arrays = read_npz(files / "many.npz", InvalidRequest)
    assert sorted(arrays) == ["a", "b"]
    np.testing.assert_array_equal(arrays["b"], np.eye(2))
    np.testing.assert_array_equal(read_npy(files / "one.npy", InvalidRequest), np.arange(4.0))


@pytest.mark.parametrize("failure", [InvalidRequest, CheckpointMismatch])
@pytest.mark.parametrize(
    ("read", "name", "message"),
    [
        (read_npz, "gone.npz", "No such file"),
        (read_npz, "cut.npz", "not an npz file of plain arrays"),
        (read_npz, "pickled.npz", "not an npz file of plain arrays"),
        (read_npz, "one.npy", "one array; expected an archive"),
        (read_npy, "many.npz", "an archive; expected one array"),
        (read_npy, "pickled.npy", "not an npy file of plain arrays"),
        (read_npy, "empty.npy", "not an npy file"),
        (read_npy, "text.npy", "not an npy file"),
    ],
)
def test_other_files_are_refused_by_name(files, read, name, message, failure):
    with pytest.raises(failure, match=f"{name}: .*{message}|{name}: {message}"):
        read(files / name, failure)
