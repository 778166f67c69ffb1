"""Reads the metrics that a server shows over HTTP."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from posecast.errors import InvalidRequest, PosecastError

_MAX_BYTES = 4 * 1024 * 1024
"""Far above what a server of ours shows; whatever else answers at an address may never end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All samples at one moment, summed over their labels."""

    taken_s: float
    """When it was taken, in seconds since 1970."""
    sums: Mapping[str, float]
    """Values by the name of the sample, e.g. `posecast_frames_total`."""

    def value(self, name: str) -> float:
        """The value of a sample; 0 if the server does not show it."""
        return self.sums.get(name, 0.0)


def metrics_url(text: str) -> str:
    """Complete what an operator wrote, e.g. `localhost:9464`, to a URL.

    Args:
        text: A URL, or host and port.

    Returns:
        The URL, with a path.

    Raises:
        InvalidRequest: If it is not of HTTP or names no host.
    """
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        is_http = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_http = False
    if not is_http:
        raise InvalidRequest(f"metrics URL {text!r}; allowed: http://HOST:PORT/metrics")
    return url if parts.path else f"{url}/metrics"


def read_metrics(url: str, *, timeout_s: float = 5.0) -> Reading:
    """Read once.

    Args:
        url: Where the server shows its metrics, as `metrics_url` completes it.
        timeout_s: Seconds that the answer may take.

    Returns:
        All samples.

    Raises:
        PosecastError: If nothing answers there, or not with metrics of a Posecast server.
    """
    try:
        with urlopen(url, timeout=timeout_s) as answer:  # noqa: S310 - `metrics_url` let HTTP in only
            text = answer.read(_MAX_BYTES).decode("utf-8")
        sums = _sums(text)
    except OSError as error:
        raise PosecastError(f"no metrics at {url}: {_reason_of(error)}") from error
    except (HTTPException, ValueError) as error:
        raise PosecastError(f"no metrics at {url}: the answer is something else") from error
    if "posecast_build_info" not in sums:
        raise PosecastError(f"no metrics at {url}: they are of another program")
    return Reading(taken_s=time.time(), sums=sums)


def _sums(text: str) -> dict[str, float]:
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return sums


def _reason_of(error: OSError) -> str:
    cause = error.reason if isinstance(error, URLError) else error
    return (isinstance(cause, OSError) and cause.strerror) or str(cause)
