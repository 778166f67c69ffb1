"""Pickles of data sets: plain values come back, anything else is refused and never run."""

import os
import pickle

import numpy as np
import pytest

from posecast.errors import InvalidRequest
from posecast.rig.array_pickle import read_plain_pickle

VALUE = {
    "audio": b"fLaC\x00\xff",
    "n_frames": 3,
    "coef": {
        "exp": np.arange(6, dtype=np.float32).reshape(2, 3),
        "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "other_end": np.arange(3, dtype=">f4"),
        "empty": np.zeros((0, 3), np.float32),
        "strided": np.arange(10, dtype=np.int64)[::2],
    },
    "list": [1, 2.5, None, (True, "text")],
}


def read(data, where):
    return read_plain_pickle(data, where, InvalidRequest)


class Hostile:
    """Unpickling this plainly would leave a mark."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_plain_values_come_back(protocol):
    found = read(pickle.dumps(VALUE, protocol), "here")

    assert {key: found[key] for key in ("audio", "n_frames", "list")} == {
        key: VALUE[key] for key in ("audio", "n_frames", "list")
    }
    for name, array in VALUE["coef"].items():
        np.testing.assert_array_equal(found["coef"][name], array)
        assert found["coef"][name].dtype == array.dtype


@pytest.mark.parametrize("wrap", ["bare", "in_a_dictionary", "in_an_array"])
def test_a_hostile_pickle_is_refused_and_not_run(tmp_path, wrap):
    mark = tmp_path / "mark"
    hostile = Hostile(mark)
    value = {
        "bare": hostile,
        "in_a_dictionary": {"coef": hostile},
        "in_an_array": np.array([hostile], dtype=object),
    }[wrap]

    with pytest.raises(InvalidRequest, match=r"here: .*(mkdir|type 'O8')"):
        read(pickle.dumps(value), "here")

    assert not mark.exists()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "Ran out of input"),
        (b"abc", "not a pickle of plain values"),
        (pickle.dumps(VALUE)[:-20], "truncated"),
        (pickle.dumps(np.array(["text"])), "type 'U4'"),
        (pickle.dumps(np.zeros(2, [("x", "f4")])), "type 'V4'"),
        (pickle.dumps(np.array(["2026"], "datetime64[Y]")), "type 'M8'"),
        (pickle.dumps(np.float32(3)), "numpy._core.multiarray.scalar"),
        (pickle.dumps(np.dtype("f4")), "it holds a dtype"),
        (pickle.dumps({1, 2}), "it holds a set"),
        (pickle.dumps(print), "builtins.print"),
        (pickle.dumps(np.ndarray), "it holds a type"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_plain_value_is_told(data, told):
    with pytest.raises(InvalidRequest, match="here") as error:
        read(data, "here")
    assert told in str(error.value)


def test_an_array_shorter_than_its_shape_is_refused():
    data = pickle.dumps(np.zeros(4, np.float32), 4).replace(b"K\x04\x85", b"K\x09\x85")

    with pytest.raises(InvalidRequest, match="cannot reshape"):
        read(data, "here")


def test_values_kept_elsewhere_are_refused():
    with pytest.raises(InvalidRequest, match="persistent"):
        read(b"\x80\x04\x8c\x01aQ.", "here")
