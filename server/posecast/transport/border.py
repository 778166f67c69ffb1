"""The border of an RPC: whatever goes wrong inside is logged and becomes a status."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from posecast.config import AnimationOptions
from posecast.errors import ModelUnavailable, PosecastError
from posecast.transport.admission import Place
from posecast.transport.backend import Backend
from posecast.transport.outlets.outlet import open_feeds
from posecast.transport.outlets.stream_feed import StreamFeed
from posecast.transport.status import describe
from posecast.transport.stream_log import StreamLog
from posecast.transport.stream_span import StreamSpan
from posecast.transport.stream_table import StreamEntry

logger = logging.getLogger(__name__)

NEWS_S = 0.05
"""How long a stream that sends faces by UDP, too, awaits its cancellation at its end: a client that
goes looks at first like one that has said all, whose face would speak on."""


@dataclass(frozen=True, slots=True)
class OpenStream:
    """A stream that was let in."""

    log: StreamLog
    """Its lines in the log."""
    entry: StreamEntry
    """Its line in the table."""
    span: StreamSpan
    """Its span."""
    place: Place
    """Its place and the load that it holds."""
    feeds: tuple[StreamFeed, ...]
    """Where its frames go beside its client."""
    backend: Backend
    """What it shares with all others."""

    def begin(self, options: AnimationOptions, *, style_name: str, seed: int) -> None:
        """Take note of its choices, once they are known.

        Args:
            options: What it chose.
            style_name: The style as the client named it; empty for a vector.
            seed: Seed of its first utterance.

        Raises:
            Overloaded: If it is more than the machine can carry.
        """
        self.place.reserve(options)
        self.entry.mode, self.entry.style_name = options.mode, style_name
        self.span.describe(mode=options.mode, style=style_name, seed=seed)
        self.backend.metrics.stream_opened(self.entry.method, options.mode)
        self.backend.metrics.set_load(self.backend.admission.load)


class Border:
    """Where RPCs come in; it knows those that are open."""

    def __init__(self, backend: Backend) -> None:
        """Open the border.

        Args:
            backend: What all streams share.
        """
        self._backend = backend
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_closing = False

    def end_streams(self) -> None:
        """End what is open: the clients are told that the server is stopping."""
        self._is_closing = True
        for task in self._tasks:
            task.cancel()

    @asynccontextmanager
    async def call(self, method: str, context: Any) -> AsyncIterator[StreamLog]:
        """Enclose an RPC.

        Args:
            method: Its name.
            context: Its gRPC context, which a failure aborts.

        Yields:
            Its log.
        """
        log = StreamLog(logger, method=method, stream_id=secrets.token_hex(4))
        log.debug("opened by %s", context.peer())
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        try:
            yield log
        except asyncio.CancelledError:
            if not self._is_closing or context.done():
                log.info("cancelled")
                raise
            log.info("ended: the server is stopping")
            await _abort(context, ModelUnavailable("the server is stopping"), log)
        except Exception as error:
            if context.done():  # a write to a client that has just gone
                log.info("client gone")
                return
            if isinstance(error, PosecastError):
                log.info("refused: %s", error)
            else:
                log.exception("failed")
            await _abort(context, error, log)
        finally:
            if task is not None:
                self._tasks.discard(task)

    @asynccontextmanager
    async def stream(self, method: str, context: Any) -> AsyncIterator[OpenStream]:
        """Enclose an RPC that animates: it takes a place, and is counted.

        Args:
            method: Its name.
            context: Its gRPC context, which a failure aborts.

        Yields:
            The stream.
        """
        backend = self._backend
        async with self.call(method, context) as log:
            with (
                _finally(lambda: backend.metrics.set_load(backend.admission.load)),
                backend.admission.take(context.peer()) as place,
                backend.table.open(log.stream_id, method, context.peer()) as entry,
                open_feeds(backend.outlets) as feeds,
                backend.tracer.stream(
                    method,
                    stream_id=log.stream_id,
                    client=context.peer(),
                    metadata=context.invocation_metadata() or (),
                ) as span,
            ):
                status = "OK"
                try:
                    yield OpenStream(log, entry, span, place, feeds, backend)
                    if feeds:
                        await asyncio.sleep(NEWS_S)
                except asyncio.CancelledError:
                    status = "UNAVAILABLE" if self._is_closing else "CANCELLED"
                    raise
                except Exception as error:
                    # A write to a client that has just gone fails, and is no fault of ours.
                    is_gone = context.done()
                    status = "CANCELLED" if is_gone else describe(error, log.stream_id)[0].name
                    raise
                finally:
                    if entry.mode is not None:
                        backend.metrics.stream_closed(method, entry.mode, status)


@contextmanager
def _finally(act: Callable[[], object]) -> Iterator[None]:
    """Do something at the end, however that comes about; entered first, it comes last."""
    try:
        yield
    finally:
        act()


async def _abort(context: Any, error: Exception, log: StreamLog) -> None:
    await context.abort(*describe(error, log.stream_id))
