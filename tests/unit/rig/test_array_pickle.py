"""Pickles of arrays are read; pickles of anything else are refused before it runs."""

import codecs
import os
import pickle
import struct
import subprocess
import sys
import types

import numpy as np
import pytest

from posecast.errors import CheckpointMismatch
from posecast.rig.array_pickle import read_pickle

GRID = np.arange(6.0).reshape(2, 3)


@pytest.fixture
def read(tmp_path):
    """Reads bytes as if they were a file."""

    def call(data):
        path = tmp_path / "model.pkl"
        path.write_bytes(data)
        return read_pickle(path, CheckpointMismatch)

    return call


class Reduced:
    """Pickles as a call, `copyreg` left aside."""

    def __init__(self, *parts):
        self.parts = parts

    def __reduce__(self):
        return self.parts


@pytest.fixture
def foreign(monkeypatch):
    """Makes a class of a package that is not installed, as far as pickle can tell."""

    def make(module, name):
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            full = ".".join(parts[:end])
            monkeypatch.setitem(sys.modules, full, types.ModuleType(full))
        made = type(name, (), {"__module__": module, "__qualname__": name})
        setattr(sys.modules[module], name, made)
        return made

    return make


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "array",
    [GRID, np.asfortranarray(GRID), GRID.astype(">f4"), np.array([[1, 4294967295]], np.uint32)],
    ids=["rows", "columns", "big-endian", "unsigned"],
)
def test_arrays_of_every_protocol_come_back(read, protocol, array):
    values = read(pickle.dumps({"v": array, "note": "linear", "n": 3}, protocol))

    np.testing.assert_array_equal(values["v"], array)
    assert (values["note"], values["n"]) == ("linear", 3)


def test_an_array_of_python_2_comes_back(read):
    """Protocol 2 as `cPickle` wrote it: names of old modules, and bytes where text was meant."""
    raw = struct.pack("<2d", 1.5, -2.0)
    written = (
        b"\x80\x02}U\x01vcnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x02\x85cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R"
        b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        + b"U" + bytes([len(raw)]) + raw + b"tbs."
    )  # fmt: skip
    np.testing.assert_array_equal(read(written)["v"], [1.5, -2.0])


@pytest.mark.parametrize("kind", ["csc", "csr"])
@pytest.mark.parametrize("module", ["scipy.sparse.{}", "scipy.sparse._{}"])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_sparse_matrices_come_back_without_scipy(read, foreign, kind, module, protocol):
    matrix = foreign(module.format(kind), f"{kind}_matrix")()
    dense = np.array([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]])
    rows, columns = np.nonzero(dense) if kind == "csr" else np.nonzero(dense.T)[::-1]
    outer, inner = (rows, columns) if kind == "csr" else (columns, rows)
    starts = np.concatenate([[0], np.cumsum(np.bincount(outer))])
    matrix.__dict__.update(
        _shape=(2, 3), data=dense[rows, columns], indices=inner, indptr=starts, maxprint=50
    )

    np.testing.assert_array_equal(read(pickle.dumps({"J": matrix}, protocol))["J"], dense)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_chumpy_arrays_come_back_without_chumpy(read, foreign, protocol):
    wrapped = foreign("chumpy.ch", "Ch")()
    wrapped.__dict__.update(x=GRID, _dirty_vars={"x"}, _itr=None, _depends_on_deps={})

    np.testing.assert_array_equal(read(pickle.dumps({"v": wrapped}, protocol))["v"], GRID)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        ((os.system, ("touch {}",)), "system"),
        ((subprocess.getoutput, ("touch {}",)), "getoutput"),
        ((eval, ("__import__('pathlib').Path('{}').touch()",)), "eval"),
        ((getattr, (GRID, "tofile")), "getattr"),
        ((codecs.lookup, ("utf-8",)), "lookup"),
        ((np.load, ("{}",)), "load"),
    ],
    ids=["system", "getoutput", "eval", "getattr", "codecs", "numpy-load"],
)
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_malicious_pickle_is_refused_before_it_runs(read, tmp_path, call, named, protocol):
    mark = tmp_path / "ran"
    function, arguments = call
    told = tuple(part.format(mark) if isinstance(part, str) else part for part in arguments)
    data = pickle.dumps({"v": GRID, "x": Reduced(function, told)}, protocol)

    with pytest.raises(CheckpointMismatch, match=rf"model.pkl: .*\.{named}, which is refused"):
        read(data)

    assert not mark.exists()


def test_the_malicious_pickle_of_this_test_would_run_elsewhere(tmp_path):
    mark = tmp_path / "ran"
    pickle.loads(pickle.dumps(Reduced(os.system, (f"touch {mark}",))))  # noqa: S301
    assert mark.exists()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.array([None]), "type 'O8'; allowed: numbers"),
        (np.array(["a"]), "type 'U1'"),
        (np.zeros(2, np.dtype([("a", "f8")])), "type 'V8'"),
        (GRID.astype(complex), "type 'c16'"),
    ],
    ids=["objects", "text", "records", "complex"],
)
def test_arrays_of_other_things_than_numbers_are_refused(read, value, message):
    with pytest.raises(CheckpointMismatch, match=message):
        read(pickle.dumps({"v": value}, 2))


def test_an_allowed_type_cannot_be_made_of_another(read):
    data = b"ccopy_reg\n_reconstructor\n(cnumpy\ndtype\nc__builtin__\nobject\nNtR."
    with pytest.raises(CheckpointMismatch, match="it makes an object of"):
        read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a pickle",
        pickle.dumps({"v": GRID}, 4)[:-9],
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n)RK\x01b.",  # its state is a number
    ],
    ids=["empty", "text", "cut", "stateless"],
)
def test_damaged_files_are_refused(read, data):
    with pytest.raises(CheckpointMismatch, match="not a pickle of plain arrays"):
        read(data)


def test_a_pickle_that_is_no_dictionary_is_refused(read):
    with pytest.raises(CheckpointMismatch, match="a pickled list; expected a dictionary"):
        read(pickle.dumps([1, 2]))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointMismatch, match=r"gone.pkl: No such file"):
        read_pickle(tmp_path / "gone.pkl", CheckpointMismatch)


@pytest.mark.parametrize("indices", [[0, -1, 1], [0, 5, 1]])
def test_a_sparse_matrix_whose_indices_do_not_fit_is_refused(read, foreign, indices):
    matrix = foreign("scipy.sparse.csc", "csc_matrix")()
    matrix.__dict__.update(
        _shape=(2, 3), data=np.ones(3), indices=np.array(indices), indptr=np.arange(4)
    )
    with pytest.raises(CheckpointMismatch, match="not a pickle of plain arrays"):
        read(pickle.dumps({"J": matrix}, 2))
