"""How hard a server works, from two readings of its metrics."""

from __future__ import annotations

from dataclasses import dataclass

from posecast.transport.metrics_reader import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerActivity:
    """How hard a server works; None where there was nothing to measure."""

    batch_size: float | None
    """Mean number of windows in a batch."""
    queue_s: float | None
    """Mean time that a window waited, in seconds."""
    inference_s: float | None
    """Mean time of a batch on the device, in seconds."""
    real_time_factor: float | None
    """Seconds of inference for a second of face."""
    miss_share: float | None
    """Share of windows that came after their deadline, 0..1."""
    num_misses: int
    """Windows that came after their deadline since the server started."""
    cpu: float | None
    """Processor cores in use."""
    memory_bytes: int | None
    """Resident memory; None where the system does not tell."""


def activity_between(before: Reading | None, after: Reading) -> ServerActivity:
    """What a server did between two readings.

    Args:
        before: The earlier reading; None means since the server started.
        after: The later one.

    Returns:
        Means over that time.
    """
    start = before or Reading(taken_s=after.value("process_start_time_seconds"), sums={})

    def grown(name: str) -> float:
        return after.value(name) - start.value(name)

    def mean(histogram: str) -> float | None:
        return _ratio(grown(f"{histogram}_sum"), grown(f"{histogram}_count"))

    has_process = "process_cpu_seconds_total" in after.sums
    return ServerActivity(
        batch_size=mean("posecast_batch_size"),
        queue_s=mean("posecast_queue_seconds"),
        inference_s=mean("posecast_inference_seconds"),
        real_time_factor=_ratio(
            grown("posecast_inference_busy_seconds_total"), grown("posecast_face_seconds_total")
        ),
        miss_share=_ratio(
            grown("posecast_deadline_misses_total"), grown("posecast_lateness_seconds_count")
        ),
        num_misses=round(after.value("posecast_deadline_misses_total")),
        cpu=_ratio(grown("process_cpu_seconds_total"), after.taken_s - start.taken_s)
        if has_process
        else None,
        memory_bytes=round(after.value("process_resident_memory_bytes")) if has_process else None,
    )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
