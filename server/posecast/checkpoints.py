"""Model packages: a folder with `model.json`, which describes and checksums the other files."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Container, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from posecast.config import ModelConfig, from_mapping
from posecast.errors import CheckpointMismatch, InvalidRequest, ModelUnavailable
from posecast.signals import FloatArray

FORMAT_VERSION = 1
DESCRIPTION_FILE = "model.json"
SPEECH_ENCODER_FILE = "speech_encoder.onnx"
STYLE_ENCODER_FILE = "style_encoder.onnx"
SAMPLER_FILE = "sampler.onnx"
DENOISER_FILE = "denoiser.onnx"
"""The motion network of packages up to 2.0.0; the sampler holds it and the loop around it."""
STYLES_FILE = "styles.npz"
STATISTICS_FILE = "statistics.npz"
"""Means and spreads of FLAME coefficients; the description holds those of the motion alone."""
SHAPE_FILE = "shape.npy"
"""Whose face it is unless a request says otherwise: FLAME's shape, in raw units. [100]"""
_FILES: Mapping[str, tuple[str, ...]] = {
    "arkit": (SPEECH_ENCODER_FILE, STYLE_ENCODER_FILE, STYLES_FILE),
    "flame": (SPEECH_ENCODER_FILE, STYLE_ENCODER_FILE, STYLES_FILE, STATISTICS_FILE, SHAPE_FILE),
}
"""What a package has beside its description and its motion network, by motion space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPackage:
    """A verified model package."""

    folder: Path
    """Where its files are."""
    motion_file: str
    """Which file makes the motion: `sampler.onnx`, or `denoiser.onnx` in older packages."""
    config: ModelConfig
    """Sizes, conventions and defaults."""
    motion_mean: FloatArray
    """Mean of each motion column. [M]"""
    motion_std: FloatArray
    """Standard deviation of each motion column; 0 for one that never moves. [M]"""

    def path(self, name: str) -> Path:
        """One of its files."""
        return self.folder / name


def find_package(model: str | Path) -> Path:
    """Folder of a model.

    Args:
        model: `default` for the one inside this installation, or a folder.

    Raises:
        ModelUnavailable: If there is no such folder.
    """
    is_bundled = str(model) == "default"
    folder = Path(str(resources.files("posecast"))) / "models" / "default"
    folder = folder if is_bundled else Path(model)
    if not (folder / DESCRIPTION_FILE).is_file():
        raise ModelUnavailable(
            f"model {str(model)!r}: {folder / DESCRIPTION_FILE} is missing; "
            "allowed: default, or the folder of a model package"
        )
    return folder


def load_package(model: str | Path) -> ModelPackage:
    """Read and verify a model package.

    Args:
        model: `default` or a folder.

    Returns:
        The package; every file has the checksum that the description gives.

    Raises:
        ModelUnavailable: If there is no such package.
        CheckpointMismatch: If its description cannot be read or a file is missing or damaged.
    """
    folder = find_package(model)
    description = _read_description(folder / DESCRIPTION_FILE)
    try:
        config = from_mapping(ModelConfig, description["config"], where=DESCRIPTION_FILE)
        statistics = description["statistics"]
        mean, std = (_finite(key, statistics[key]) for key in ("mean", "std"))
    except (InvalidRequest, KeyError, TypeError, ValueError) as error:
        raise CheckpointMismatch(f"{folder / DESCRIPTION_FILE}: {error}") from error
    motion_file = _motion_file(description["files"])
    for name in (*package_files(config), motion_file):
        _verify(folder / name, description["files"].get(name))
    return ModelPackage(
        folder=folder, motion_file=motion_file, config=config, motion_mean=mean, motion_std=std
    )


def package_files(config: ModelConfig) -> tuple[str, ...]:
    """Files of a package beside its description and its motion network.

    Args:
        config: What is fixed by the weights; a model without style has no style encoder.

    Returns:
        Their names, each of which the description gives a checksum for.
    """
    return tuple(
        name
        for name in _FILES[config.motion_space]
        if name != STYLE_ENCODER_FILE or config.denoiser.style_dim
    )


def write_description(
    folder: Path, config: ModelConfig, mean: FloatArray, std: FloatArray, made_by: Mapping[str, Any]
) -> None:
    """Write `model.json` for files that are already in the folder.

    Args:
        folder: The package.
        config: What is fixed by the weights.
        mean: Mean of each motion column. [M]
        std: Standard deviation of each motion column. [M]
        made_by: How the weights came to be, for people.
    """
    motion_file = _motion_file({path.name for path in folder.iterdir()})
    description = {
        "format_version": FORMAT_VERSION,
        "config": dataclasses.asdict(config),
        "statistics": {"mean": _decimals(mean), "std": _decimals(std)},
        "made_by": made_by,
        "files": {name: sha256(folder / name) for name in (*package_files(config), motion_file)},
    }
    text = json.dumps(description, indent=1) + "\n"
    (folder / DESCRIPTION_FILE).write_text(text, encoding="utf-8", newline="\n")


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:  # a speech encoder of whole clips has hundreds of megabytes
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _decimals(row: FloatArray) -> list[float]:
    """The shortest decimal fractions that are read back as the same float32."""
    return [float(str(value)) for value in row.astype(np.float32)]


def _read_description(path: Path) -> dict[str, Any]:
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        version = description["format_version"]
        sections = {name: description[name] for name in ("files", "config", "statistics")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = type(error).__name__ if isinstance(error, UnicodeDecodeError) else repr(error)
        raise CheckpointMismatch(f"{path} is not a model description: {reason}") from error
    if version != FORMAT_VERSION:
        raise CheckpointMismatch(f"{path}: format version {version!r}; expected {FORMAT_VERSION}")
    for name, section in sections.items():
        if not isinstance(section, dict):
            raise CheckpointMismatch(f"{path}: {name}: {section!r}; expected an object")
    return dict(description)


def _motion_file(names: Container[str]) -> str:
    """The sampler, unless there is a denoiser alone."""
    is_older = DENOISER_FILE in names and SAMPLER_FILE not in names
    return DENOISER_FILE if is_older else SAMPLER_FILE


def _finite(name: str, values: list[float]) -> FloatArray:
    row = np.array(values, np.float32)
    if not np.isfinite(row).all():
        raise InvalidRequest(f"statistics: {name}: {row[~np.isfinite(row)][0]}; allowed: finite")
    return row


def _verify(path: Path, expected: object) -> None:
    if not path.is_file():
        raise CheckpointMismatch(f"{path} is missing")
    actual = sha256(path)
    if actual != expected:
        raise CheckpointMismatch(
            f"{path} is damaged: its SHA-256 is {actual}, {DESCRIPTION_FILE} says {expected}"
        )
