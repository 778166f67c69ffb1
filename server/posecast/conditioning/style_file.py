"""A file with one style of the user's own: a package's table of one, or a vector alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from posecast.array_file import read_npy
from posecast.conditioning.style import StyleBank, load_styles, save_styles
from posecast.conditioning.style_blend import STYLE_FILE_SUFFIXES, parse_blend
from posecast.errors import CheckpointMismatch, InvalidRequest
from posecast.signals import Style


def is_style_file(name: str) -> bool:
    """Whether a style is named by its file."""
    return name.lower().endswith(STYLE_FILE_SUFFIXES)


def check_style_name(name: str) -> None:
    """Refuse names that no blend could hold.

    Raises:
        InvalidRequest: If the name is empty, or has a comma, a colon or the suffix of a file.
    """
    if not name or name != name.strip() or set(name) & set(",:") or is_style_file(name):
        raise InvalidRequest(
            f"style name {name!r}; allowed: text without comma, colon or outer spaces, "
            f"not ending in {' or '.join(STYLE_FILE_SUFFIXES)}"
        )


def read_style_file(path: Path, style_dim: int) -> StyleBank:
    """Read a file of styles: one's own, the table of a package, or a published vector.

    Args:
        path: The .npz, or an .npy with a vector alone.
        style_dim: Width that the model expects.

    Raises:
        InvalidRequest: If there is no such file.
        CheckpointMismatch: If it holds no styles, or those of another model.
    """
    if not path.is_file():
        raise InvalidRequest(f"{path}: no such style file")
    if path.suffix.lower() == ".npy":
        return StyleBank({path.stem: _read_vector(path, style_dim)}, {path.stem: path.name})
    return load_styles(path, style_dim)


def _read_vector(path: Path, style_dim: int) -> Style:
    """What eyes and head do beside a vector that stands alone is what is usual."""
    vector = read_npy(path, CheckpointMismatch)
    is_real = np.issubdtype(vector.dtype, np.floating) and np.isfinite(vector).all()
    if vector.shape != (style_dim,) or not is_real:
        raise CheckpointMismatch(
            f"{path}: {vector.dtype} of shape {vector.shape}; expected ({style_dim},), finite"
        )
    return Style(vector=vector.astype(np.float32))


def write_style_file(path: Path, name: str, style: Style, description: str) -> None:
    """Write one style.

    Args:
        path: The .npz to write.
        name: Name of the style.
        style: The style.
        description: One line for people.

    Raises:
        InvalidRequest: If no blend could hold the name.
    """
    check_style_name(name)
    save_styles(path, {name: style}, {name: description})


def including_style_files(styles: StyleBank, style: str, style_dim: int) -> StyleBank:
    """Add the files that a style names to a bank, each under its path.

    Args:
        styles: The model's styles.
        style: A name, a path, or a blend of them.
        style_dim: Width that the model expects.

    Returns:
        A bank that knows every file of the blend; the same one if there are none.

    Raises:
        InvalidRequest: If a file is not there, or the blend cannot be read.
        CheckpointMismatch: If a file holds no style, several, or one of another model.
    """
    if style in styles.names:
        return styles
    for name in (part.name for part in parse_blend(style) if is_style_file(part.name)):
        own = read_style_file(Path(name), style_dim)
        if len(own.names) != 1:
            raise CheckpointMismatch(
                f"{name} holds {len(own.names)} styles; a file that is named as a style holds one"
            )
        styles = styles.including(name, own.get(own.names[0]), own.describe(own.names[0]))
    return styles
