"""What single stages measure beyond what every stage does: the store's owner, the ring, workers, registration."""

from __future__ import annotations

from prometheus_client import Gauge, Histogram

from eclips4d.acquisition.ring import RingCounts
from eclips4d.core.messages import Notice, Stamps
from eclips4d.core.metrics import FAST_S, SLOW_S, Followed, StageMetrics
from eclips4d.pipeline.budget import Budget


class StoreMetrics:
    """The storage stage's.

    Parameters
    ----------
    stage : StageMetrics
        What it measures as every stage does.
    """

    def __init__(self, stage: StageMetrics) -> None:
        self.stage = stage
        self.frames, self.bad_messages = stage.frames, stage.bad_messages
        self._backlog = backlog(stage)
        self._in_flight = in_flight(stage)
        self.gaps = stage.counter("gaps", "frames lost before they reached the store")
        self.duplicates = stage.counter("duplicates", "frames that came twice and were dropped")
        self.lost_stages = stage.counter("lost_stages", "stages that went away, whose work was given to others")
        self._quarantined = Followed(stage.counter("quarantined", "frames given up, recorded without results"))
        self._recorded = stage.gauge("recorded_frames", "frames whose pixels are durable")
        self._committed = stage.gauge("committed_frames", "frames whose results are settled")
        self._deferred = stage.gauge("deferred_frames", "frames committed without results that are still to be made")
        self._workers = stage.gauge("workers", "inference stages at work")
        self._lag = stage.gauge("lag_seconds", "age of the oldest frame that is not committed")
        self._disk_free = stage.gauge("disk_free_bytes", "room left on the store's disk")
        self.commit = stage.histogram("commit_seconds", "time that a commit takes", FAST_S)
        self.durable = stage.histogram("durable_seconds", "from a frame's arrival to its being durable", FAST_S)
        self._latency = stage.each("latency_seconds", "from a frame's acquisition to each step", "step", SLOW_S)
        says = "the longest from a frame's acquisition to each step"
        self._worst = stage.of_each("latency_worst_seconds", says, "step")
        self._worst_frame = stage.of_each("latency_worst_frame", "the frame that took that long", "step")
        self.budget = Budget()

    def show(self, notice: Notice, under_way: int) -> None:
        """What the notice says, and how many frames are with the other stages."""
        self._recorded.set(notice.recorded)
        self._committed.set(notice.committed)
        self._deferred.set(notice.deferred)
        self._workers.set(notice.workers)
        self._lag.set(notice.lag_s)
        self._disk_free.set(notice.disk_free_bytes)
        self._quarantined.follow(notice.quarantined)
        self._backlog.set(notice.recorded - notice.committed)
        self._in_flight.set(under_way)

    def took(self, stamps: Stamps) -> None:
        """How long a frame took to become durable; stamps are nanoseconds of a clock that may be set meanwhile."""
        if "received" in stamps and "durable" in stamps:
            self.durable.observe(max(0.0, (stamps["durable"] - stamps["received"]) / 1e9))

    def reached(self, sequence: int, step: str, at_ns: int) -> None:
        """A frame is done with a step; its budget knows when it was acquired."""
        spent_ms = self.budget.reached(sequence, step, at_ns)
        if spent_ms is None:
            return
        of = {"stage": self.stage.stage, "step": step}
        self._latency.labels(**of).observe(spent_ms / 1000)
        if (worst := self.budget.worst(step)) is not None:
            self._worst.labels(**of).set(worst[0] / 1000)
            self._worst_frame.labels(**of).set(worst[1])


class StripMetrics:
    """The storage stage's, of previews of the frame that is being scanned."""

    def __init__(self, stage: StageMetrics) -> None:
        self._stage = stage.stage
        self.made = 0
        self.budget = Budget()
        self._made = stage.counter("strips", "previews of frames that were being scanned")
        self.dropped = stage.counter("strips_dropped", "previews that nobody had time for, or that came too late")
        says = "from the scan of a preview's last row to each step"
        self._latency = stage.each("strip_seconds", says, "step", SLOW_S)

    def spent(self, sequence: int, rows: int, stamps: Stamps) -> None:
        """When a preview of a frame was done with each step."""
        self.made += 1
        self._made.inc()
        self.budget.acquired(sequence, stamps["acquired"], rows)
        for step in stamps:
            if step != "acquired":
                self.reached(sequence, rows, step, stamps[step])

    def reached(self, sequence: int, rows: int, step: str, at_ns: int) -> None:
        """The preview of so many rows is done with a step."""
        spent_ms = self.budget.reached(sequence, step, at_ns, rows)
        if spent_ms is not None:
            self._latency.labels(stage=self._stage, step=step).observe(spent_ms / 1000)


class RingMetrics:
    """The acquisition stage's: its ring."""

    def __init__(self, stage: StageMetrics) -> None:
        self._backlog = backlog(stage)
        self._in_flight = in_flight(stage)
        self._held = stage.gauge("ring_held_bytes", "pixels kept in memory until they are acknowledged as durable")
        self._spilled = stage.gauge("ring_spilled_bytes", "pixels kept on the sender's disk likewise")
        self._gaps = Followed(stage.counter("gaps", "frames lost before they reached the store"))

    def show(self, counts: RingCounts) -> None:
        """The ring as it is now."""
        self._backlog.set(counts.unsent)
        self._in_flight.set(counts.held - counts.unsent)
        self._held.set(counts.memory_bytes)
        self._spilled.set(counts.spill_bytes)
        self._gaps.follow(counts.gaps)


class WorkMetrics:
    """An inference stage's."""

    def __init__(self, stage: StageMetrics) -> None:
        self.frames, self.bad_messages = stage.frames, stage.bad_messages
        self.busy = busy(stage)


class PlacingMetrics:
    """The registration stage's."""

    def __init__(self, stage: StageMetrics) -> None:
        self.frames, self.bad_messages = stage.frames, stage.bad_messages
        self.busy = busy(stage)
        self.backlog = backlog(stage)
        self.not_aligned = stage.counter("not_aligned", "frames for which no shift was found")


def backlog(stage: StageMetrics) -> Gauge:
    """Frames that wait in this stage."""
    return stage.gauge("backlog_frames", "frames waiting in this stage")


def in_flight(stage: StageMetrics) -> Gauge:
    """Frames that others have."""
    return stage.gauge("in_flight_frames", "frames given to another stage that has not answered yet")


def busy(stage: StageMetrics) -> Histogram:
    """Time that one frame takes."""
    return stage.histogram("process_seconds", "time spent on one frame", FAST_S)
