"""Checkpoint files are read without running what they hold."""

import argparse
import io
import pathlib
import pickle
import tarfile
import zipfile
from collections import OrderedDict

import pytest
import torch

from posecast.errors import CheckpointMismatch
from posecast.official.unpickling import read_checkpoint

FORMATS = pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "before-zip"])


class _Writes:
    """Whoever unpickles it, writes a file."""

    def __init__(self, path):
        self._path = path

    def __reduce__(self):
        return pathlib.Path.write_text, (self._path, "it ran")


class _Evaluates:
    """The same by way of a builtin."""

    def __init__(self, path):
        self._path = path

    def __reduce__(self):
        return eval, (f"open({str(self._path)!r}, 'w').close()",)


def save_call(path, module, name, *arguments):
    """A checkpoint with one call of a global, written by hand: GLOBAL, arguments, REDUCE."""
    torch.save({"args": "@", "tensor": torch.ones(2)}, path)
    words = b"".join(b"X" + len(word).to_bytes(4, "little") + word.encode() for word in arguments)
    call = f"c{module}\n{name}\n".encode() + b"(" + words + b"tR"
    plain = b"X\x01\x00\x00\x00@"
    return replace_in_zip(path, plain, call)


def replace_in_zip(path, old, new):
    with zipfile.ZipFile(path) as archive:
        content = {entry: archive.read(entry) for entry in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for entry, data in content.items():
            archive.writestr(entry, data.replace(old, new) if entry.endswith("data.pkl") else data)
    return path


@FORMATS
def test_tensors_arguments_and_paths_come_back(tmp_path, is_zip):
    args = argparse.Namespace(lr=1e-4, style_enc_ckpt=pathlib.Path("a/iter_1.pt"), none=None)
    state = OrderedDict(weight=torch.arange(6.0).reshape(2, 3), mask=torch.tensor([True, False]))
    path = tmp_path / "iter_0000001.pt"
    torch.save({"args": args, "model": state}, path, _use_new_zipfile_serialization=is_zip)

    content = read_checkpoint(path)

    assert content["args"].lr == 1e-4
    assert content["args"].style_enc_ckpt == pathlib.PurePosixPath("a/iter_1.pt")
    assert content["args"].none is None
    assert torch.equal(content["model"]["weight"], state["weight"])
    assert torch.equal(content["model"]["mask"], state["mask"])


@pytest.mark.parametrize("module", ["pathlib", "pathlib._local"])
@pytest.mark.parametrize(
    ("name", "pure"),
    [("PosixPath", pathlib.PurePosixPath), ("WindowsPath", pathlib.PureWindowsPath)],
)
def test_paths_of_every_system_and_python_are_read_as_pure_ones(tmp_path, module, name, pure):
    path = save_call(tmp_path / "a.pt", module, name, "runs", "a.pt")

    found = read_checkpoint(path)["args"]

    assert type(found) is pure
    assert found.parts == ("runs", "a.pt")


@FORMATS
@pytest.mark.parametrize("attack", [_Writes, _Evaluates])
def test_a_file_that_would_run_code_does_not(tmp_path, attack, is_zip):
    written, path = tmp_path / "written", tmp_path / "evil.pt"
    content = {"args": argparse.Namespace(), "model": {}, "iter": attack(written)}
    torch.save(content, path, _use_new_zipfile_serialization=is_zip)

    with pytest.raises(CheckpointMismatch, match=r"evil.pt: refused, because it asks for \w+"):
        read_checkpoint(path)

    assert not written.exists()
    torch.load(path, weights_only=False)  # the attack is one: unprotected, it does run
    assert written.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "exec"),
        ("argparse", "FileType"),
        ("pathlib", "Path.unlink"),
        ("pathlib", "os"),
        ("numpy", "ndarray"),
        ("torch.hub", "load"),
    ],
)
def test_every_other_global_is_refused_by_its_name(tmp_path, module, name):
    path = save_call(tmp_path / "a.pt", module, name, "x")
    told = name if module == "builtins" else f"{module}.{name}"

    with pytest.raises(CheckpointMismatch) as caught:
        read_checkpoint(path)

    assert told in str(caught.value)
    assert "allowed: tensors, argparse.Namespace and pathlib's paths" in str(caught.value)
    assert "weights_only" not in str(caught.value)


def test_the_list_of_what_is_allowed_ends_with_the_call(tmp_path):
    before = set(torch.serialization.get_safe_globals())
    torch.save({"args": argparse.Namespace()}, tmp_path / "a.pt")

    read_checkpoint(tmp_path / "a.pt")

    assert set(torch.serialization.get_safe_globals()) == before


def damaged():
    whole = io.BytesIO()
    torch.save({"model": {"weight": torch.ones(100)}}, whole)
    older = io.BytesIO()
    torch.save({"model": torch.ones(100)}, older, _use_new_zipfile_serialization=False)
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("pickle"))
    return {
        "half": whole.getvalue()[:400],
        "older-half": older.getvalue()[:-20],
        "older-start": older.getvalue()[:30],
        "empty": b"",
        "text": b"version https://git-lfs.github.com/spec/v1\n",
        "pickle": pickle.dumps({"model": 1}),
        "tar": tar.getvalue(),
    }


@pytest.mark.parametrize("kind", list(damaged()))
def test_what_is_no_checkpoint_is_told_in_one_line(tmp_path, kind):
    path = tmp_path / "a.pt"
    path.write_bytes(damaged()[kind])

    with pytest.raises(
        CheckpointMismatch, match=r"a\.pt: not a checkpoint that can be read: ."
    ) as caught:
        read_checkpoint(path)

    assert "\n" not in str(caught.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(CheckpointMismatch, match=r"gone\.pt: No such file or directory"):
        read_checkpoint(tmp_path / "gone.pt")


def test_a_tensor_alone_is_no_checkpoint(tmp_path):
    torch.save(torch.ones(2), tmp_path / "a.pt")

    with pytest.raises(CheckpointMismatch, match="holds a Tensor; expected a checkpoint's dict"):
        read_checkpoint(tmp_path / "a.pt")
