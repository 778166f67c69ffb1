"""How a line of the log is written: as text for people, or as JSON for machines."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Literal


class TextFormatter(logging.Formatter):
    """Time, level, logger, and, where a record has a stream, its method and id."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s:")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Put the stream between the logger and the message."""
        words = [getattr(record, "method", None), getattr(record, "stream_id", None)]
        stream = " ".join(str(word) for word in words if word)
        message = f"{stream}: {record.message}" if stream else record.message
        return f"{super().formatMessage(record)} {message}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line; `stream_id`, `method`, `exception`, `stack` only where they are."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record on one line of ASCII, whatever it quotes."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line = {
            "ts": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name in ("stream_id", "method"):
            value = getattr(record, name, None)
            if value:
                line[name] = str(value)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return json.dumps(line)


def formatter_for(log_format: Literal["text", "json"]) -> logging.Formatter:
    """The formatter of a `ServerConfig.log_format`."""
    return JsonFormatter() if log_format == "json" else TextFormatter()
