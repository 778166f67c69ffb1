"""The bank of styles of a published model, from files of one vector each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from posecast.conditioning.style import NEUTRAL, StyleBank
from posecast.conditioning.style_file import check_style_name
from posecast.errors import InvalidRequest
from posecast.rig.flame_files import read_style_vector
from posecast.signals import FloatArray, Style

_SUFFIX = ".npy"


def collect_styles(sources: Iterable[Path], null_style: FloatArray) -> StyleBank:
    """Read style vectors, each under the stem of its file's name, behind the model's own one.

    The bank begins with `neutral`: the null style, which the published code takes when it is given
    none. So it is what a request gets that names no style, and what style strength 0 means. A file
    `neutral.npy` takes its place.

    Args:
        sources: Files, and folders whose .npy files are meant.
        null_style: What the model takes for no style. [style_dim]

    Returns:
        Styles in the order given; those of a folder in alphabetical order.

    Raises:
        InvalidRequest: If a folder has no style, two styles have one name or a bad one, or a file
            holds no vector of the model's width.
    """
    styles = {NEUTRAL: Style(vector=null_style)}
    descriptions = {NEUTRAL: "what the model takes for no style"}
    given = set[str]()
    for path in _style_files(sources):
        name = path.stem
        check_style_name(name)
        if name in given:
            raise InvalidRequest(f"{path}: a second style of the name {name!r}")
        vector = read_style_vector(path)
        if vector.shape != null_style.shape:
            raise InvalidRequest(
                f"{path}: a style of {len(vector)} values; the model's have {len(null_style)}"
            )
        given.add(name)
        styles[name] = Style(vector=vector)
        descriptions[name] = f"the vector of {path.name}"
    return StyleBank(styles, descriptions)


def _style_files(sources: Iterable[Path]) -> Iterable[Path]:
    for source in sources:
        if not source.is_dir():
            yield source
            continue
        files = sorted(source.glob(f"*{_SUFFIX}"))
        if not files:
            raise InvalidRequest(f"{source}: no {_SUFFIX} file in this folder")
        yield from files
