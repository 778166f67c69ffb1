"""Opens ONNX files for inference."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Literal

import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from posecast.errors import InvalidRequest, ModelUnavailable

_CUDA = "CUDAExecutionProvider"
_CPU = "CPUExecutionProvider"
_CUDA_OPTIONS = {
    "device_id": "0",  # of those that CUDA_VISIBLE_DEVICES leaves
    # Batches come in many shapes: doubling arenas would keep several times what is in use.
    "arena_extend_strategy": "kSameAsRequested",
    "cudnn_conv_algo_search": "HEURISTIC",  # the exhaustive search would run anew for each shape
    # Faces must not depend on the device by more than rounding; TF32 keeps only ten bits.
    "use_tf32": "0",
}
_MAX_THREADS = 8
_NO_GPU = "device 'cuda': no usable NVIDIA GPU or driver"
_DEVICE_ERRORS = (RuntimeError, ort_errors.EPFail)
RUN_ERRORS = (
    RuntimeError,
    ort_errors.EPFail,
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
"""What an evaluation may raise where a device cannot do it."""
_LOAD_ERRORS = (  # they share no base class but Exception
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)


def open_session(
    model: Path | bytes, *, device: Literal["cpu", "cuda"] = "cpu", num_threads: int = 1
) -> ort.InferenceSession:
    """Load a network.

    Args:
        model: An ONNX file, or its content.
        device: Where it runs.
        num_threads: Threads of one evaluation on a CPU.

    Returns:
        The session; it may be used from several threads.

    Raises:
        ModelUnavailable: If the device is not there, or the file is missing or damaged.
    """
    name = str(model) if isinstance(model, Path) else f"a model of {len(model)} bytes"
    if device == "cuda" and _CUDA not in ort.get_available_providers():
        raise ModelUnavailable(
            "device 'cuda': onnxruntime has no CUDA here; pip install posecast[gpu]"
        )
    missing = _load_cuda() if device == "cuda" else ""
    options = ort.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: a CUDA session warns of copies that are intended
    try:
        content = model.read_bytes() if isinstance(model, Path) else model
        # Its own fallback to the CPU would print to the standard output, where a take may go.
        session = ort.InferenceSession(
            content, options, providers=_providers(device), enable_fallback=0
        )
    except OSError as error:
        raise ModelUnavailable(f"{name}: {error.strerror or error}") from error
    except _DEVICE_ERRORS as error:
        if device == "cpu":
            raise
        reason = str(error).partition("\n")[0]
        raise ModelUnavailable(f"{_NO_GPU} ({reason})") from error
    except _LOAD_ERRORS as error:
        reason = str(error).partition("\n")[0]
        raise ModelUnavailable(f"{name}: not a usable ONNX file ({reason})") from error
    if device == "cuda" and _CUDA not in session.get_providers():
        raise ModelUnavailable(f"{_NO_GPU} ({missing})" if missing else _NO_GPU)
    return session


def default_threads(cores: int) -> int:
    """Threads of one evaluation on a CPU: half of the cores, 1 to 8.

    One network runs at a time, beside the threads that decode audio, make the eyes and talk to
    clients. Below four cores a second thread would fight them; above eight the networks are too
    small to share out.

    Args:
        cores: Cores that this process may use.

    Raises:
        InvalidRequest: If there is no core.
    """
    if cores < 1:
        raise InvalidRequest(f"{cores} cores; allowed: 1 and more")
    return min(max(cores // 2, 1), _MAX_THREADS)


def _load_cuda() -> str:
    """Load the libraries of `posecast[gpu]`, which no loader finds in their wheels.

    Gives what onnxruntime says of the first one that is missing. It prints that to the standard
    output, where a take may go.
    """
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        ort.preload_dlls()
    return said.getvalue().partition("\n")[0]


def _providers(device: Literal["cpu", "cuda"]) -> list[str | tuple[str, dict[str, str]]]:
    """What runs the nodes, the best first."""
    return [(_CUDA, _CUDA_OPTIONS), _CPU] if device == "cuda" else [_CPU]


def has_cuda() -> bool:
    """Whether this onnxruntime was built for CUDA."""
    return _CUDA in ort.get_available_providers()
