"""A logger whose records know their stream."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import Any


class StreamLog(logging.LoggerAdapter[logging.Logger]):
    """Sets `stream_id` and `method` on each record; the formatters of `log_format` show them."""

    def __init__(self, logger: logging.Logger, *, method: str, stream_id: str) -> None:
        """Name the stream.

        Args:
            logger: Where the records go.
            method: Name of the RPC, e.g. `Animate`.
            stream_id: Name of the stream, e.g. `5f3a09c1`.
        """
        super().__init__(logger, {"method": method, "stream_id": stream_id})
        self.method = method
        self.stream_id = stream_id

    def process(
        self, msg: Any, kwargs: MutableMapping[str, Any]
    ) -> tuple[Any, MutableMapping[str, Any]]:
        """Add the stream to the caller's own fields, which the standard adapter would drop."""
        fields = {**(kwargs.get("extra") or {}), "method": self.method, "stream_id": self.stream_id}
        return msg, {**kwargs, "extra": fields}
