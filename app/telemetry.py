"""What the server counts, for Prometheus (`GET /metrics`)."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Telemetry:
    """Counters of one server, in a registry of their own."""

    def __init__(self) -> None:
        """Start all at zero."""
        self.registry = registry = CollectorRegistry()
        self.runs = Gauge("unrolled_runs", "Runs by status.", ["status"], registry=registry)
        self.requests = Counter("unrolled_requests", "Requests answered, by status.", ["status"], registry=registry)
        self.steps = Counter("unrolled_steps", "Training steps done.", registry=registry)
        self.chunk = Histogram("unrolled_chunk_seconds", "Computing time of a piece of training.", registry=registry,
                               buckets=(0.005, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30))  # fmt: skip
        self.points = Counter("unrolled_sweep_points", "Points of sweeps done.", registry=registry)
        self.depth = Gauge("unrolled_queue_depth", "Pieces of work waiting for a worker.", registry=registry)
        self.streams = Gauge("unrolled_streams", "Streams open.", registry=registry)
        self.frames_sent = Counter("unrolled_frames_sent", "Frames sent to streams.", registry=registry)
        self.frames_dropped = Counter("unrolled_frames_dropped", "Frames skipped for slow streams.", registry=registry)
        self.bytes_sent = Counter("unrolled_stream_bytes", "Bytes sent to streams.", registry=registry)

    def text(self) -> bytes:
        """Return all of it in Prometheus' text form."""
        return generate_latest(self.registry)
