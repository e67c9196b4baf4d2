"""Prometheus metrics of one stage process, in a registry of its own: no global state, nothing shared between tests."""

from __future__ import annotations

from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector

M = TypeVar("M", Counter, Gauge, Histogram)

FAST_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
"""Bounds for what takes milliseconds: a commit, a frame's way to the disk."""
SLOW_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)
"""Bounds for a frame's way through the chain."""


class Followed:
    """A counter that follows a number which is counted elsewhere."""

    def __init__(self, counter: Counter) -> None:
        self._counter, self._last = counter, 0.0

    def follow(self, number: float) -> None:
        """The number is this now; one that begins anew counts from nothing."""
        self._counter.inc(number - self._last if number >= self._last else number)
        self._last = number


class StageMetrics:
    """What every stage measures, and the maker of what only one does. All names begin with `eclips4d_`.

    Parameters
    ----------
    stage : str
        Value of the label `stage`.
    """

    def __init__(self, stage: str) -> None:
        self.registry = CollectorRegistry()
        self.stage = stage
        ProcessCollector(registry=self.registry)  # memory, processor time, open files, start time of the process
        self._run = Info("eclips4d_run", "which run this stage belongs to", ["stage"], registry=self.registry)
        self.frames = self.counter("frames", "frames this stage is done with")
        self.bad_messages = Followed(self.counter("bad_messages", "messages dropped, not being what they say"))

    def belongs_to(self, run_id: str, version: str) -> None:
        """Say which run this is, and of which version of the program."""
        self._run.labels(stage=self.stage).info({"run_id": run_id, "version": version})

    def counter(self, name: str, says: str) -> Counter:
        """A number that only grows."""
        return self._of(Counter(f"eclips4d_{name}", says, ["stage"], registry=self.registry))

    def gauge(self, name: str, says: str) -> Gauge:
        """A number as it is now."""
        return self._of(Gauge(f"eclips4d_{name}", says, ["stage"], registry=self.registry))

    def histogram(self, name: str, says: str, bounds: tuple[float, ...]) -> Histogram:
        """Durations, counted up to each of the bounds (s)."""
        return self._of(Histogram(f"eclips4d_{name}", says, ["stage"], registry=self.registry, buckets=bounds))

    def each(self, name: str, says: str, label: str, bounds: tuple[float, ...]) -> Histogram:
        """As `histogram`, once for each value of `label`; `labels(stage=…, label=…)` of it is to be observed."""
        return Histogram(f"eclips4d_{name}", says, ["stage", label], registry=self.registry, buckets=bounds)

    def of_each(self, name: str, says: str, label: str) -> Gauge:
        """As `gauge`, once for each value of `label`; `labels(stage=…, label=…)` of it is to be set."""
        return Gauge(f"eclips4d_{name}", says, ["stage", label], registry=self.registry)

    def _of(self, metric: M) -> M:
        return metric.labels(stage=self.stage)
