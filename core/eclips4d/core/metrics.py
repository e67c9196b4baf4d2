"""Prometheus metrics of one stage process, in a registry of its own: no global state, nothing shared between tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

M = TypeVar("M", Counter, Gauge, Histogram)


class StageMetrics:
    """Counters, gauges and latencies that every stage has.

    Parameters
    ----------
    stage : str
        Value of the label `stage`.
    """

    def __init__(self, stage: str) -> None:
        self.registry = CollectorRegistry()
        self._stage = stage
        label = ["stage"]
        self.frames = self._of(Counter("eclips4d_frames", "frames handled", label, registry=self.registry))
        self.gaps = self._of(
            Counter("eclips4d_gaps", "frames lost before they reached us", label, registry=self.registry)
        )
        self.duplicates = self._of(Counter("eclips4d_duplicates", "frames seen twice", label, registry=self.registry))
        self.hostile = self._of(
            Counter("eclips4d_bad_messages", "messages dropped unread", label, registry=self.registry)
        )
        self.backlog = self._of(Gauge("eclips4d_backlog_frames", "frames waiting", label, registry=self.registry))
        self.lag = self._of(
            Gauge("eclips4d_lag_seconds", "age of the oldest frame waiting", label, registry=self.registry)
        )
        self.busy = self._of(
            Histogram(
                "eclips4d_process_seconds",
                "time spent on one frame",
                label,
                registry=self.registry,
                buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
            )
        )

    def _of(self, metric: M) -> M:
        return metric.labels(stage=self._stage)

    def serve(self, port: int, address: str = "127.0.0.1") -> Callable[[], None]:
        """Answer `/metrics` on loopback unless told otherwise, until the function that is returned is called."""
        server, thread = start_http_server(port, addr=address, registry=self.registry)

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return stop
