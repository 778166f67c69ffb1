"""A tiny model package with random weights: every test runs without a download."""

from __future__ import annotations

import csv
import math
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from posecast import checkpoints
from posecast.config import (
    ClipEncoderConfig,
    DenoiserConfig,
    ModelConfig,
    SpeechEncoderConfig,
    StyleEncoderConfig,
)
from posecast.rig.arkit import CURVE_INDEX, MOTION_DIM
from posecast.rig.retarget import MotionScale
from posecast.session.engine import AnimationEngine
from posecast.signals import Style

_SPEECH = SpeechEncoderConfig(
    num_mel_bands=80,
    width=16,
    num_blocks=2,
    dilations=(1, 2),
    look_aheads_frames=(0, 1, 2, 3),
)
TINY_MODEL = ModelConfig(
    name="tiny",
    version="0",
    speech_encoder=_SPEECH,
    style_encoder=StyleEncoderConfig(
        motion_dim=MOTION_DIM, width=16, num_layers=2, num_heads=2, sees_velocity=True
    ),
    denoiser=DenoiserConfig(
        motion_dim=MOTION_DIM,
        speech_dim=_SPEECH.feature_dim,
        style_dim=16,
        shape_dim=0,
        width=16,
        num_layers=2,
        num_heads=2,
        pre_norm=True,
        speech_skip=True,
        pads_windows=False,
    ),
    sampling_steps=2,
)
TINY_FLAME_MODEL = ModelConfig(
    name="tiny-flame",
    version="0",
    motion_space="flame",
    clip_encoder=ClipEncoderConfig(
        conv_dims=(8, 8, 8, 8, 8, 8, 8),
        width=64,
        num_layers=1,
        num_heads=1,
        feed_forward=32,
        position_kernel=16,
        position_groups=4,
        feature_dim=16,
    ),
    style_encoder=StyleEncoderConfig(motion_dim=54, width=128, num_layers=1, num_heads=2),
    denoiser=DenoiserConfig(
        motion_dim=54,
        speech_dim=16,
        style_dim=128,
        width=16,
        num_layers=2,
        num_heads=2,
        num_steps=10,
    ),
    style_guidance=1.5,
    sampling_steps=2,
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the networks of `tests/parity` run, and where their errors are told."""
    parser.addoption("--device", default="cpu", choices=("cpu", "cuda"), help="of parity tests")
    parser.addoption("--errors", type=Path, metavar="JSONL", help="of parity tests, is added to")


@pytest.fixture(scope="session")
def tiny_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a package whose face depends on the audio but means nothing."""
    torch = pytest.importorskip("torch")
    from posecast.conditioning.torch_speech_encoder import SpeechEncoderNetwork
    from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
    from posecast.denoising.torch_denoiser import ConditionedDenoiser
    from posecast.training.package import write_package

    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    folder = tmp_path_factory.mktemp("tiny-model")
    networks = (
        SpeechEncoderNetwork(TINY_MODEL.speech_encoder),
        StyleEncoderNetwork(TINY_MODEL.style_encoder),
        ConditionedDenoiser(TINY_MODEL.denoiser),
    )
    mean = np.full(MOTION_DIM, 0.1, np.float32)
    mean[CURVE_INDEX["jawOpen"]] = 0.3
    mean[-3:] = 0.0
    styles = {
        name: Style(vector=rng.standard_normal(16).astype(np.float32))
        for name in ("neutral", "cheerful")
    }
    scale = MotionScale(mean=mean, std=np.full(MOTION_DIM, 0.1, np.float32))
    write_package(folder, TINY_MODEL, networks, scale, styles, made_by={"command": "tests"})
    return folder


@pytest.fixture(scope="session")
def tiny_engine(tiny_package: Path) -> AnimationEngine:
    """The tiny package, loaded."""
    return AnimationEngine.load(tiny_package, device="cpu")


@pytest.fixture
def speech_like() -> np.ndarray:
    """Six seconds of a buzz with changing loudness and timbre at 16 kHz. [S]"""
    times = np.arange(6 * 16_000) / 16_000
    rng = np.random.default_rng(5)
    loud = np.clip(np.sin(2 * np.pi * 3 * times), 0, 1)
    buzz = sum(np.sin(2 * np.pi * 120 * k * times) / k for k in range(1, 12))
    noise = 0.01 * rng.standard_normal(len(times))
    return (0.1 * loud * buzz + noise).astype(np.float32)


@pytest.fixture(scope="session")
def tiny_flame_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a package like those of `posecast import-official`, with random weights."""
    torch = pytest.importorskip("torch")
    from posecast.conditioning.style import save_styles
    from posecast.conditioning.torch_hubert import ClipEncoderNetwork
    from posecast.conditioning.torch_style_encoder import StyleEncoderNetwork
    from posecast.denoising.torch_denoiser import ConditionedDenoiser
    from posecast.export import export_clip_encoder, export_denoiser, export_style_encoder
    from posecast.sampler_graph import export_sampler

    torch.manual_seed(2)
    rng = np.random.default_rng(2)
    config, folder = TINY_FLAME_MODEL, tmp_path_factory.mktemp("tiny-flame-model")
    encoder = ClipEncoderNetwork(config.clip_encoder).eval()
    export_clip_encoder(encoder, folder / checkpoints.SPEECH_ENCODER_FILE)
    style_encoder = StyleEncoderNetwork(config.style_encoder).eval()
    export_style_encoder(style_encoder, folder / checkpoints.STYLE_ENCODER_FILE)
    denoiser = folder / checkpoints.DENOISER_FILE
    export_denoiser(ConditionedDenoiser(config.denoiser).eval(), denoiser)
    export_sampler(denoiser, folder / checkpoints.SAMPLER_FILE, for_clips=True)
    denoiser.unlink()
    styles = {
        name: Style(vector=rng.standard_normal(128).astype(np.float32))
        for name in ("neutral", "smile")
    }
    save_styles(folder / checkpoints.STYLES_FILE, styles, dict.fromkeys(styles, "of a test"))
    rows = {}
    for kind, width in (("shape", 100), ("exp", 50), ("pose", 6)):
        mean, std = rng.normal(0, 0.1, width), rng.uniform(0.1, 0.2, width)
        rows |= {f"{kind}_mean": mean, f"{kind}_std": std}
        rows |= {f"{kind}_max": mean + std, f"{kind}_min": mean - std}
    np.savez(folder / checkpoints.STATISTICS_FILE, **rows)
    np.save(folder / checkpoints.SHAPE_FILE, rng.standard_normal(100).astype(np.float32))
    mean, std = (
        np.concatenate([rows[f"exp_{name}"], rows[f"pose_{name}"][:4]]) for name in ("mean", "std")
    )
    checkpoints.write_description(folder, config, mean, std, {"command": "tests"})
    return folder


@pytest.fixture(scope="session")
def tiny_flame_engine(tiny_flame_package: Path) -> AnimationEngine:
    """The tiny FLAME package, loaded."""
    return AnimationEngine.load(tiny_flame_package, device="cpu")


@pytest.fixture(scope="session")
def read_packet() -> Callable[[bytes], SimpleNamespace]:
    """Read a Live Link Face packet by the published layout, step by step, with nothing of ours."""

    def read(data: bytes) -> SimpleNamespace:
        assert data[0] == 6, "version"
        place, names = 1, []
        for _ in range(2):
            length = int.from_bytes(data[place : place + 4], "big", signed=True)
            assert 0 < length <= 255
            names.append(data[place + 4 : place + 4 + length].decode("ascii"))
            place += 4 + length
        number, numerator, denominator = (
            int.from_bytes(data[place + offset : place + offset + 4], "big", signed=True)
            for offset in (0, 8, 12)
        )
        (sub_frame,) = struct.unpack("!f", data[place + 4 : place + 8])
        assert data[place + 16] == 61, "count"
        assert len(data) == place + 17 + 4 * 61
        values = struct.unpack("!61f", data[place + 17 :])
        return SimpleNamespace(
            device=names[0],
            subject=names[1],
            number=number,
            sub_frame=sub_frame,
            rate=(numerator, denominator),
            time_s=(number + sub_frame) * denominator / numerator,
            values=np.array(values, np.float32),
        )

    return read


@pytest.fixture(scope="session")
def read_osc() -> Callable[[bytes], list[tuple]]:
    """Read an OSC bundle by the specification, with no library: address, types, arguments."""

    def string(data: bytes, place: int) -> tuple[str, int]:
        end = data.index(0, place)
        after = place + (end - place) // 4 * 4 + 4
        assert not any(data[end:after]), "filled with zeros"
        return data[place:end].decode("ascii"), after

    def message(data: bytes) -> tuple:
        assert len(data) % 4 == 0
        address, place = string(data, 0)
        types, place = string(data, place)
        assert (address[0], types[0]) == ("/", ",")
        arguments: list[str | int | float] = []
        for kind in types[1:]:
            if kind == "s":
                text, place = string(data, place)
                arguments.append(text)
            else:
                arguments += struct.unpack({"i": "!i", "f": "!f"}[kind], data[place : place + 4])
                place += 4
        assert place == len(data)
        return address, types[1:], tuple(arguments)

    def read(data: bytes) -> list[tuple]:
        assert data[:16] == b"#bundle\0" + bytes(7) + b"\x01", "a bundle for now"
        place, messages = 16, []
        while place < len(data):
            size = int.from_bytes(data[place : place + 4], "big")
            messages.append(message(data[place + 4 : place + 4 + size]))
            place += 4 + size
        assert place == len(data)
        return messages

    return read


@pytest.fixture
def vmc_avatar(read_osc) -> SimpleNamespace:
    """An avatar as programs for VRM have them: values gather, and show when they are applied."""
    avatar = SimpleNamespace(shown=[], bones={}, time_s=None, is_there=False, longest_bytes=0)
    gathered: dict[str, float] = {}

    def take(data: bytes) -> None:
        avatar.longest_bytes = max(avatar.longest_bytes, len(data))
        for address, types, arguments in read_osc(data):
            match address.removeprefix("/VMC/Ext/"), types:
                case "OK", "i":
                    avatar.is_there = arguments == (1,)
                case "T", "f":
                    (avatar.time_s,) = arguments
                case "Bone/Pos", "sfffffff":
                    name, *pose = arguments
                    avatar.bones[name] = (tuple(pose[:3]), np.array(pose[3:]))
                case "Blend/Val", "sf":
                    name, value = arguments
                    assert name not in gathered, "once a frame"
                    gathered[name] = value
                case "Blend/Apply", "":
                    avatar.shown.append(
                        SimpleNamespace(
                            shapes=dict(gathered), bones=dict(avatar.bones), time_s=avatar.time_s
                        )
                    )
                    gathered.clear()
                case other:
                    pytest.fail(f"unknown message {other}")

    avatar.take = take
    return avatar


@pytest.fixture(scope="session")
def bridge_cases() -> Callable[[str], list[dict[str, str]]]:
    """Read a file of the golden cases that the bridges share."""
    folder = Path(__file__).parent / "assets/bridges"

    def read(name: str) -> list[dict[str, str]]:
        with (folder / name).open(encoding="ascii", newline="") as file:
            return list(csv.DictReader(file))

    return read


class Listener:
    """A UDP port of this machine; what comes is given on, from a thread of its own."""

    def __init__(self, take: Callable[[bytes], None], most_bytes: int) -> None:
        self._take, self._most_bytes = take, most_bytes
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._heard_s = math.inf
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while not self._is_closed.is_set():
            try:
                data = self._socket.recv(self._most_bytes)
            except TimeoutError:
                continue
            self._take(data)
            self._heard_s = time.monotonic()

    def is_silent(self, seconds: float = 0.4) -> bool:
        """Whether something came, and nothing more for a while."""
        return time.monotonic() - self._heard_s > seconds

    def close(self) -> None:
        self._is_closed.set()
        self._thread.join()
        self._socket.close()


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    """Listen for datagrams until the end of the test."""
    listeners = []

    def start(take: Callable[[bytes], None], *, most_bytes: int = 65_535) -> Listener:
        listeners.append(Listener(take, most_bytes))
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.close()
