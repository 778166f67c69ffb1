"""Which streams are let in: places, places of one client, and the load."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, NoReturn

from posecast.config import AnimationOptions, ServerConfig
from posecast.errors import ModelUnavailable, Overloaded
from posecast.transport.capacity import Capacity
from posecast.transport.client_address import client_of

Refusal = Literal["streams", "client", "load", "draining"]
"""Why a stream was not let in."""
_ROUNDING = 1e-9
"""By how much a sum of loads may exceed 1: a hundred streams of a hundredth each fit."""


class Place:
    """The place of one stream, with the load that it has reserved."""

    def __init__(self, admission: Admission, client: str) -> None:
        self._admission = admission
        self.client = client
        """Address that it is counted under."""
        self.load = 0.0
        """Share of the capacity that it holds."""

    def reserve(self, options: AnimationOptions) -> None:
        """Hold the load of a stream with these options, in the place of what was held before.

        Args:
            options: What the stream chose, or has changed to. Offline work runs after live work
                and holds no load.

        Raises:
            Overloaded: If it grows and the sum would exceed the capacity; what was held stays.
        """
        self._admission._reserve(self, options)


class Admission:
    """The places of a server; used from the event loop only, so it needs no lock."""

    def __init__(
        self,
        config: ServerConfig,
        capacity: Capacity,
        *,
        on_refused: Callable[[Refusal], object] | None = None,
    ) -> None:
        """Open a server with all places free.

        Args:
            config: Its limits.
            capacity: What the machine can carry.
            on_refused: Told why, each time that a stream or its load is refused.
        """
        self._config = config
        self._capacity = capacity
        self._on_refused = on_refused
        self._places: set[Place] = set()
        self._num_of_client: Counter[str] = Counter()
        self._is_draining = False
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    @property
    def capacity(self) -> Capacity:
        """What the machine can carry."""
        return self._capacity

    @property
    def has_room(self) -> bool:
        """Whether a further stream with all defaults would be let in."""
        load = self._capacity.load_of(AnimationOptions(mode="balanced"))
        return (
            not self._is_draining
            and self.num_taken < self._config.max_streams
            and self._sum_of_loads() + load <= 1.0 + _ROUNDING
        )

    @property
    def is_draining(self) -> bool:
        """Whether the server is stopping."""
        return self._is_draining

    @property
    def num_taken(self) -> int:
        """Streams open now."""
        return len(self._places)

    @property
    def load(self) -> float:
        """Share of the capacity that is taken, 0..1."""
        return min(1.0, self._sum_of_loads())

    @contextmanager
    def take(self, client: str) -> Iterator[Place]:
        """Hold a place while the context is open.

        Args:
            client: The stream's peer as gRPC writes it, e.g. `ipv4:127.0.0.1:51514`.

        Yields:
            The place, to reserve load with once the stream's options are known.

        Raises:
            ModelUnavailable: If the server is stopping.
            Overloaded: If all places are taken, or all that one client may have.
        """
        place = Place(self, client_of(client))
        self._check_place(place.client)
        self._places.add(place)
        self._num_of_client[place.client] += 1
        self._is_empty.clear()
        try:
            yield place
        finally:
            self._give_back(place)

    def drain(self) -> None:
        """Let no more streams in; those inside stay."""
        self._is_draining = True

    async def wait_empty(self, timeout_s: float) -> bool:
        """Wait until no stream is open.

        Args:
            timeout_s: Seconds to wait at most.

        Returns:
            Whether none is.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._is_empty.wait()
        except TimeoutError:
            return False
        return True

    def _check_place(self, client: str) -> None:
        if self._is_draining:
            self._tell("draining")
            raise ModelUnavailable("the server is stopping")
        if self.num_taken >= self._config.max_streams:
            self._refuse(
                "streams",
                f"{self.num_taken} streams are open; this server allows "
                f"{self._config.max_streams} (max_streams); try again later",
            )
        allowed = self._config.max_streams_per_client
        if allowed and self._num_of_client[client] >= allowed:
            self._refuse(
                "client",
                f"{self._num_of_client[client]} streams are open from {client}; this server allows "
                f"{allowed} from one address (max_streams_per_client); finish one first",
            )

    def _reserve(self, place: Place, options: AnimationOptions) -> None:
        wanted = 0.0 if options.mode == "offline" else self._capacity.load_of(options)
        others = self._sum_of_loads() - place.load
        if wanted > place.load and others + wanted > 1.0 + _ROUNDING:
            self._refuse("load", _too_much(others, wanted))
        place.load = wanted

    def _give_back(self, place: Place) -> None:
        self._places.remove(place)
        self._num_of_client[place.client] -= 1
        if not self._num_of_client[place.client]:
            del self._num_of_client[place.client]
        if not self._places:
            self._is_empty.set()

    def _sum_of_loads(self) -> float:
        return math.fsum(place.load for place in self._places)

    def _refuse(self, reason: Refusal, message: str) -> NoReturn:
        self._tell(reason)
        raise Overloaded(message)

    def _tell(self, reason: Refusal) -> None:
        if self._on_refused is not None:
            self._on_refused(reason)


def _too_much(others: float, wanted: float) -> str:
    if wanted > 1.0:
        return (
            f"this stream would take {wanted:.2f} of what this machine can carry (capacity); allow "
            "it fewer sampling_steps, more window_frames, guidance 1 or the latency mode OFFLINE"
        )
    return (
        f"the load is {others:.2f} of what this machine can carry and this stream would add "
        f"{wanted:.2f} (capacity); try again later"
    )
