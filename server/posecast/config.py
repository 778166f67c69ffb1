"""Typed, frozen settings with three lifetimes: the weights', the deployment's and one stream's."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from posecast.adjustments import FaceAdjustments
from posecast.errors import InvalidRequest
from posecast.livelink_settings import USUAL_HEAD_SCALE, USUAL_SUBJECT, LiveLinkSettings
from posecast.network_configs import FRAME_RATE_HZ as FRAME_RATE_HZ
from posecast.network_configs import SAMPLE_RATE_HZ as SAMPLE_RATE_HZ
from posecast.network_configs import SAMPLES_PER_FRAME as SAMPLES_PER_FRAME
from posecast.network_configs import ClipEncoderConfig as ClipEncoderConfig
from posecast.network_configs import DenoiserConfig as DenoiserConfig
from posecast.network_configs import SpeechEncoderConfig as SpeechEncoderConfig
from posecast.network_configs import StyleEncoderConfig as StyleEncoderConfig
from posecast.network_configs import look_ahead_ms as look_ahead_ms
from posecast.ranges import check_range
from posecast.udp_receiver import USUAL_AUDIO_DELAY_MS
from posecast.vmc_settings import USUAL_SHAPE_NAMES, ShapeNames, VmcSettings

OUTPUT_RATES_HZ = (25, 30, 50, 60)

LatencyMode = Literal["offline", "balanced", "realtime"]
ReceiverSettings = LiveLinkSettings | VmcSettings
"""Whom faces are sent to by UDP."""
GuidanceMode = Literal["incremental", "independent", "original"]
FRAMES_PER_WINDOW: Mapping[LatencyMode, int] = {"offline": 100, "balanced": 25, "realtime": 3}
"""How many frames one diffusion window makes in each latency mode, at 25 frames a second."""
OPENING_WINDOWS: Mapping[LatencyMode, tuple[int, ...]] = {"balanced": (5, 10)}
"""First windows of an utterance where they are shorter than the others: its first frame is awaited
most. A quarter of a second more is made before the first is played, so that none comes late."""
USUAL_LOOK_AHEADS_MS: Mapping[LatencyMode, int] = {"realtime": 120}
"""Most future audio that a mode awaits when a stream names none; the others await the model's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Everything that is fixed by the weights of a model package."""

    name: str
    """Short name, e.g. `default`."""
    version: str
    """Version of the weights."""
    motion_space: Literal["arkit", "flame"] = "arkit"
    """`arkit`: 52 curves and a head rotation vector (55); `flame`: FLAME coefficients."""
    speech_encoder: SpeechEncoderConfig = field(default_factory=SpeechEncoderConfig)
    """Speech encoder."""
    style_encoder: StyleEncoderConfig = field(default_factory=StyleEncoderConfig)
    """Style encoder."""
    denoiser: DenoiserConfig = field(default_factory=DenoiserConfig)
    """Denoiser."""
    clip_encoder: ClipEncoderConfig | None = None
    """Speech encoder of whole clips, which takes the other one's place; none in ARKit models."""
    audio_guidance: float = 1.15
    """Guidance scale of speech when a request names none."""
    style_guidance: float = 1.5
    """Guidance scale of style when a request names none."""
    guidance_mode: GuidanceMode = "incremental"
    """What a push of guidance is measured from; see `guidance.Guidance`."""
    guided_conditions: tuple[Literal["audio", "style"], ...] = ("audio", "style")
    """What guidance pushes; other conditions are given to every prediction."""
    audio_padding: Literal["zero", "replicate"] = "zero"
    """What follows the end of a clip in its last window, for a speech encoder of whole clips."""
    sampling_steps: int = 4
    """DDIM steps when a request names none."""
    mean_curves: tuple[str, ...] = ()
    """ARKit curves that are served as the mean that the first step predicts, not sampled: for what
    the speech settles, sampling adds errors and nothing else. The published method samples all."""

    border_easing_frames: float = 0.0
    """Time constant, in frames, with which the step between two windows fades in all curves but
    `mean_curves` and in the head, 0..100; 0, the published way, leaves it."""
    contact_from: float = 0.45
    """Share of the jaw's opening that the lips must undo to begin to touch, 0..1."""
    contact_to: float = 0.9
    """Share at which they touch for good, above `contact_from`, at most 1."""
    near_contact: tuple[float, ...] = ()
    """The two shares of streams that hear less far ahead than is usual, and so know less of what
    the lips are about to do; none means the same two."""

    closing_columns: tuple[int, ...] = ()
    """Speech features that are the odds of sounds made with closed lips; their sum counts."""
    closing_gain: float = 0.0
    """Share of the jaw's opening that the lips undo for odds of one, 0..100, where the denoiser
    leaves them farther apart; 0 leaves closures to the denoiser."""

    accent_column: int | None = None
    """Speech feature that tells of accents, which nods and raised brows answer, if any."""

    def __post_init__(self) -> None:
        """Hold the defaults to the ranges of a request."""
        check_range("closing_gain", self.closing_gain, 0.0, 100.0)
        check_range("border_easing_frames", self.border_easing_frames, 0.0, 100.0)
        begin, end = self.contact_from, self.contact_to
        _check_contact(f"contact_from {begin}, contact_to {end}", (begin, end))
        _check_contact(f"near_contact {self.near_contact}", self.near_contact or (0.0, 1.0))
        AnimationOptions(
            audio_guidance=self.audio_guidance,
            style_guidance=self.style_guidance,
            sampling_steps=self.sampling_steps,
        )

    def contact(self, look_ahead_frames: int) -> tuple[float, ...]:
        """Shares at which lips begin to touch and touch for good, for a stream's look-ahead."""
        if self.near_contact and look_ahead_frames < self.speech_encoder.look_ahead_frames:
            return self.near_contact
        return self.contact_from, self.contact_to


def _check_contact(told: str, shares: tuple[float, ...]) -> None:
    if len(shares) != 2 or not 0 <= shares[0] < shares[1] <= 1:
        raise InvalidRequest(f"{told}; allowed: 0 to 1, the first below the second")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnimationOptions:
    """What one stream may choose; unset values are the model's."""

    style: str = "neutral"
    """Name of a stored style, or a blend of several: `NAME:WEIGHT,NAME:WEIGHT`."""
    style_strength: float = 1.0
    """How far the style goes, 0..2: 0 is the model's neutral style, above 1 is exaggerated."""
    seed: int | None = None
    """Seed of head, brows and blinks, 0..2**64-1; drawn at random when unset."""
    frame_rate_hz: int = FRAME_RATE_HZ
    """Rate at which frames leave: 25, 30, 50 or 60."""
    mode: LatencyMode = "offline"
    """How many frames are made at a time."""
    audio_guidance: float | None = None
    """Guidance scale of speech, 0..4."""
    style_guidance: float | None = None
    """Guidance scale of style, 0..4."""
    sampling_steps: int | None = None
    """DDIM steps, 1..50."""
    look_ahead_ms: int | None = None
    """Future audio that is awaited, 40..400; which values there are, the model decides."""
    window_frames: int | None = None
    """Frames that are made at a time, 1..100; unset means the mode's own number."""
    adjustments: FaceAdjustments = field(default_factory=FaceAdjustments)
    """What is changed about the face that the model makes."""

    def __post_init__(self) -> None:
        """Check every range once."""
        if self.frame_rate_hz not in OUTPUT_RATES_HZ:
            allowed = ", ".join(map(str, OUTPUT_RATES_HZ))
            raise InvalidRequest(f"frame rate {self.frame_rate_hz} Hz; allowed: {allowed}")
        if self.mode not in FRAMES_PER_WINDOW:
            allowed = ", ".join(FRAMES_PER_WINDOW)
            raise InvalidRequest(f"latency mode {self.mode!r}; allowed: {allowed}")
        check_range("style strength", self.style_strength, 0.0, 2.0)
        for name, what, low, high in (
            ("seed", "seed", 0, 2**64 - 1),
            ("audio_guidance", "audio guidance", 0.0, 4.0),
            ("style_guidance", "style guidance", 0.0, 4.0),
            ("sampling_steps", "sampling steps", 1, 50),
            ("look_ahead_ms", "look-ahead in ms", 40, 400),
            ("window_frames", "window of frames", 1, 100),
        ):
            if getattr(self, name) is not None:
                check_range(what, getattr(self, name), low, high)


@dataclass(frozen=True, slots=True, kw_only=True)
class A2FConfig:
    """How clients of NVIDIA's Audio2Face-3D are served."""

    port: int | None = None
    """A second TCP port of the server, 0..65535; 0 takes a free one; those clients look at 52000.
    Unset means none: the service is on the server's own port in any case."""
    http_port: int | None = None
    """TCP port that answers GET /v1/health/ready, 0..65535; 0 takes a free one; those that wait
    for a server of NVIDIA's look at 8000. Unset means none."""
    frame_rate_hz: int = 30
    """Rate of the frames: 25, 30, 50 or 60; the clients expect 30."""
    mode: LatencyMode = "balanced"
    """How many frames are made at a time."""
    style: str = "neutral"
    """Style of a face without emotions, a name or a blend."""
    sends_head: bool = True
    """Whether frames carry the head's rotation, as the joint `head`."""
    blend_shapes: tuple[str, ...] = ()
    """Names of the weights, in order and as a client spells them; case does not matter, and a name
    that ARKit does not have is always 0. None means the 52 in PascalCase."""
    max_frames_per_s: float = 0.0
    """Frames that leave in a second at most, `frame_rate_hz`..1000; 0 sends each at once."""

    def __post_init__(self) -> None:
        """Check every range once."""
        for name in ("port", "http_port"):
            if getattr(self, name) is not None:
                check_range(f"a2f.{name}", getattr(self, name), 0, 65_535)
        AnimationOptions(frame_rate_hz=self.frame_rate_hz, mode=self.mode)
        if self.max_frames_per_s:
            check_range("a2f.max_frames_per_s", self.max_frames_per_s, self.frame_rate_hz, 1000)
        names = [name.lower() for name in self.blend_shapes]
        for name in self.blend_shapes:
            if not name or names.count(name.lower()) > 1:
                raise InvalidRequest(f"a2f.blend_shapes: {name!r}; allowed: each name once")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """What the operator of a server chooses."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 50051
    """TCP port, 0..65535; 0 takes a free one."""
    model: str = "default"
    """`default`, or the folder of a model package."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the networks run."""
    rig_map: str | None = None
    """For a FLAME model: file that `posecast rig fit` wrote."""
    flame_model: str | None = None
    """For a FLAME model without a map: the licensed FLAME, to measure the lips on."""
    max_streams: int = 64
    """Streams at a time, 1..10000; one more is refused."""
    max_clip_s: float = 900.0
    """Longest clip or utterance in seconds, 1..86400."""
    max_message_bytes: int = 64 * 1024 * 1024
    """Largest request message in bytes, 65536..2**31-1."""
    max_buffered_s: float = 60.0
    """Audio of one stream that may wait for its turn, in seconds, 1..3600; beyond, the sender
    waits."""
    max_idle_s: float = 900.0
    """Seconds for which a stream may send nothing, 1..86400; 0 for no limit."""
    max_streams_per_client: int = 0
    """Streams at a time from one address, 1..10000; 0 for no limit of its own."""
    capacity: float | None = None
    """Work for live streams that is taken on, in seconds a second, 0.05..1000; unset means what one
    core can do in time. What a stream costs is measured at the start."""
    device_timeout_s: float = 10.0
    """Seconds after which a device that does not answer is given up and opened again, 0.5..600."""
    metrics_port: int | None = None
    """TCP port of the Prometheus endpoint, 0..65535; 0 takes a free one; unset means none."""
    log_format: Literal["text", "json"] = "text"
    """How a line of the log is written."""
    traces: bool = False
    """Whether spans go to an OpenTelemetry collector, which the SDK's environment names."""
    live_link: str | None = None
    """`HOST` or `HOST:PORT` of a Live Link receiver that is sent every stream's face; the usual
    port is 11111; unset means none."""
    subject: str = USUAL_SUBJECT
    """Live Link subject of the first stream, ASCII; further streams are `NAME-2`, `NAME-3`, ..."""
    head_scale: str = USUAL_HEAD_SCALE
    """What a degree of the head becomes there: `metahuman`, `arkit`, `degrees`, or three numbers
    `YAW,PITCH,ROLL`."""
    vmc: str | None = None
    """`HOST` or `HOST:PORT` of a VMC receiver that is sent the face of the stream that began to
    speak last; the usual port is 39539; unset means none."""
    vmc_names: ShapeNames = USUAL_SHAPE_NAMES
    """How shapes are called there: `perfect-sync` (JawOpen) or `arkit` (jawOpen)."""
    audio_delay_ms: int = USUAL_AUDIO_DELAY_MS
    """How long after an utterance's first frame its audio is heard, 0..10000: these receivers are
    sent the face to go with it. It evens out what comes late, too."""
    grace_s: float = 5.0
    """Seconds that live streams may take to finish when the server stops, 0..600."""
    a2f: A2FConfig = field(default_factory=A2FConfig)
    """For clients of NVIDIA's Audio2Face-3D."""

    def __post_init__(self) -> None:
        """Check every range once."""
        if not self.host:
            raise InvalidRequest("host ''; allowed: a name or an address of this machine")
        check_range("port", self.port, 0, 65_535)
        check_range("max_streams", self.max_streams, 1, 10_000)
        check_range("max_clip_s", self.max_clip_s, 1.0, 86_400.0)
        check_range("max_message_bytes", self.max_message_bytes, 65_536, 2**31 - 1)
        check_range("grace_s", self.grace_s, 0.0, 600.0)
        check_range("max_buffered_s", self.max_buffered_s, 1.0, 3600.0)
        if self.max_idle_s:
            check_range("max_idle_s", self.max_idle_s, 1.0, 86_400.0)
        check_range("max_streams_per_client", self.max_streams_per_client, 0, 10_000)
        if self.capacity is not None:
            check_range("capacity", self.capacity, 0.05, 1000.0)
        check_range("device_timeout_s", self.device_timeout_s, 0.5, 600.0)
        if self.metrics_port is not None:
            check_range("metrics_port", self.metrics_port, 0, 65_535)
        self._live_link("localhost" if self.live_link is None else self.live_link)
        self._vmc("localhost" if self.vmc is None else self.vmc)
        if self.device not in ("auto", "cpu", "cuda"):
            raise InvalidRequest(f"device {self.device!r}; allowed: auto, cpu, cuda")

    @property
    def receivers(self) -> tuple[ReceiverSettings, ...]:
        """Whom faces are sent to by UDP."""
        live_link = () if self.live_link is None else (self._live_link(self.live_link),)
        vmc = () if self.vmc is None else (self._vmc(self.vmc),)
        return (*live_link, *vmc)

    def _live_link(self, address: str) -> LiveLinkSettings:
        return LiveLinkSettings(
            address=address,
            subject=self.subject,
            head_scale=self.head_scale,
            audio_delay_ms=self.audio_delay_ms,
        )

    def _vmc(self, address: str) -> VmcSettings:
        return VmcSettings(
            address=address, shape_names=self.vmc_names, audio_delay_ms=self.audio_delay_ms
        )


def read_server_config(path: Path) -> dict[str, Any]:
    """Read the keys of a server's TOML file.

    Args:
        path: A TOML file whose top-level keys are fields of `ServerConfig`.

    Returns:
        The values that the file sets, ready to be overridden by flags.

    Raises:
        InvalidRequest: If the file is not TOML or has an unknown key.
    """
    import tomllib

    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidRequest(f"{path}: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidRequest(f"{path}: {error}") from error
    from_mapping(ServerConfig, values, where=str(path))
    return values


T = typing.TypeVar("T")


def from_mapping(cls: type[T], values: Mapping[str, Any], *, where: str) -> T:
    """Build a configuration object from parsed JSON or TOML.

    Args:
        cls: One of the dataclasses above.
        values: Field names and values; nested objects for nested dataclasses.
        where: What to call the source in an error message.

    Returns:
        The object.

    Raises:
        InvalidRequest: If a key is unknown, a field is missing or a value has the wrong type.
    """
    hints = typing.get_type_hints(cls)
    unknown = sorted(set(values) - set(hints))
    if unknown:
        raise InvalidRequest(f"{where}: unknown key {unknown[0]!r}; allowed: {', '.join(hints)}")
    built = {key: _convert(hints[key], value, f"{where}: {key}") for key, value in values.items()}
    try:
        return cls(**built)
    except TypeError as error:
        raise InvalidRequest(f"{where}: {error}") from error


def _convert(hint: Any, value: Any, where: str) -> Any:
    """A parsed value as the type that a field is declared with."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise InvalidRequest(f"{where}: {value!r}; expected an object")
        return from_mapping(hint, value, where=where)
    origin = typing.get_origin(hint)
    if origin is Literal:
        return _one_of(typing.get_args(hint), value, where)
    if origin is tuple:
        return _list_of(typing.get_args(hint)[0], value, where)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return value
        (known,) = (kind for kind in typing.get_args(hint) if kind is not types.NoneType)
        return _convert(known, value, where)
    return _plain(hint, value, where)


def _list_of(element: Any, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise InvalidRequest(f"{where}: {value!r}; expected a list")
    return tuple(_convert(element, item, where) for item in value)


def _one_of(allowed: tuple[Any, ...], value: Any, where: str) -> Any:
    if value not in allowed:
        raise InvalidRequest(f"{where}: {value!r}; allowed: {', '.join(map(str, allowed))}")
    return value


def _plain(kind: type, value: Any, where: str) -> Any:
    accepted = (int, float) if kind is float else (kind,)
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise InvalidRequest(f"{where}: {value!r}; expected {kind.__name__}")
    return value
