"""The cost model: what so many frames of such a size, from so many instruments, need. Arithmetic on measured lines.

Every cost of a frame is a line over the pixels of one segment. Frames and instruments add up: that nothing grows with
the frames that a store holds already, and that instruments cost no more beside each other, is held against measured
runs by `part.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

MEASURED_SEGMENTS = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A cost in proportion to something, and a part that is always there."""

    fixed: float
    slope: float

    def at(self, x: float) -> float:
        """The cost at `x`."""
        return self.fixed + self.slope * x


def fitted(x: Sequence[float], y: Sequence[float]) -> Line:
    """The line that is nearest to positive costs by the squares of relative distances; no part of it is negative.

    Raises
    ------
    ValueError
        Fewer than two places, or a cost that is not positive.
    """
    places, costs = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if np.unique(places).size < 2 or not (costs > 0).all():
        raise ValueError("a line needs positive costs at two places")
    weighted = np.stack([1.0 / costs, places / costs], axis=1)
    fixed, slope = np.linalg.lstsq(weighted, np.ones(costs.size), rcond=None)[0].tolist()
    if fixed < 0.0:
        return Line(0.0, float(weighted[:, 1].sum() / (weighted[:, 1] ** 2).sum()))
    if slope < 0.0:
        return Line(float(weighted[:, 0].sum() / (weighted[:, 0] ** 2).sum()), 0.0)
    return Line(fixed, slope)


@dataclass(frozen=True, slots=True)
class FrameCosts:
    """What one frame costs.

    Attributes
    ----------
    invert_s, follow_s : float
        Processor time, s: of inverting it; of registering, encoding, writing, syncing and committing it.
    raw_bytes, product_bytes : float
        On the disk.
    raw_wire, surface_wire : float
        Bytes of a message with its pixels, and of one with its surface.
    memory_bytes : float
        At most, of one process that does all of it.
    """

    invert_s: float
    follow_s: float
    raw_bytes: float
    product_bytes: float
    raw_wire: float
    surface_wire: float
    memory_bytes: float

    @property
    def processor_s(self) -> float:
        """All of it, one function after the other."""
        return self.invert_s + self.follow_s

    @property
    def wire_bytes(self) -> float:
        """Three messages with its pixels, two with its surface: from stage to stage, to the store."""
        return 3 * self.raw_wire + 2 * self.surface_wire

    @property
    def disk_bytes(self) -> float:
        """Raw and products."""
        return self.raw_bytes + self.product_bytes


@dataclass(frozen=True, slots=True)
class CostModel:
    """Costs of a frame with four segments by its pixels, and what is the same for all frames.

    Attributes
    ----------
    lines : mapping of str to Line
        By the names of `FrameCosts`.
    overhead : float
        Processor time of the chain's processes over that of its functions.
    column_bytes : float
        On the disk, of a frame's entries in the small arrays.
    """

    lines: Mapping[str, Line]
    overhead: float = 1.0
    column_bytes: float = 0.0

    def frame(self, pixels: float, segments: int = MEASURED_SEGMENTS) -> FrameCosts:
        """Of one frame; what is in proportion to raw pixels scales with the segments, the rest is as for four."""
        costs = {name: line.at(pixels) for name, line in self.lines.items()}
        for name in ("raw_bytes", "raw_wire"):
            costs[name] *= segments / MEASURED_SEGMENTS
        return FrameCosts(**costs)


def fit(measured: Mapping[int, FrameCosts], *, overhead: float = 1.0, column_bytes: float = 0.0) -> CostModel:
    """The model of frames measured at several sizes, by the pixels of a segment."""
    lines = {
        f.name: fitted(list(measured), [getattr(costs, f.name) for costs in measured.values()])
        for f in fields(FrameCosts)
    }
    return CostModel(lines, overhead, column_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What is to be recorded: `frames` by each instrument."""

    frames: int
    side: int
    rate_fps: float
    instruments: int = 1
    segments: int = MEASURED_SEGMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What one machine has."""

    cores: float
    memory_gb: float
    network_mb_s: float
    disk_mb_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a campaign takes.

    Attributes
    ----------
    days : float
        Of recording.
    processor_hours : float
        All instruments together.
    disk_tb : float
        10¹² bytes.
    cores : float
        Kept busy while it records, all instruments together.
    incoming_mb_s : float
        Of raw frames from the instruments.
    between_mb_s : float
        Between hosts, were each stage on one of its own.
    disk_mb_s : float
        To the disks.
    memory_gb : float
        Of the processes that invert, one to a core kept busy.
    """

    days: float
    processor_hours: float
    disk_tb: float
    cores: float
    incoming_mb_s: float
    between_mb_s: float
    disk_mb_s: float
    memory_gb: float

    def hosts(self, host: Host) -> dict[str, float]:
        """How many such hosts each resource asks for by itself, all stages of an instrument on one of them."""
        return {
            "processors": self.cores / host.cores,
            "memory": self.memory_gb / host.memory_gb,
            "network": self.incoming_mb_s / host.network_mb_s,
            "disk": self.disk_mb_s / host.disk_mb_s,
        }


def needs(model: CostModel, campaign: Campaign) -> Needs:
    """What a campaign takes, on processors as fast as those the model was measured on.

    Between hosts a frame comes to storage, goes to a worker, from there with its surface to registration, and the
    registered surface comes back. Where all stages share a host, the frame comes in once.
    """
    frame = model.frame(campaign.side**2, campaign.segments)
    per_s = campaign.rate_fps * campaign.instruments
    all_frames = campaign.frames * campaign.instruments
    stored = frame.disk_bytes + model.column_bytes
    processor_s = frame.processor_s * model.overhead
    cores = per_s * processor_s
    return Needs(
        days=campaign.frames / campaign.rate_fps / 86_400,
        processor_hours=all_frames * processor_s / 3600,
        disk_tb=all_frames * stored / 1e12,
        cores=cores,
        incoming_mb_s=per_s * frame.raw_wire / 1e6,
        between_mb_s=per_s * frame.wire_bytes / 1e6,
        disk_mb_s=per_s * stored / 1e6,
        memory_gb=math.ceil(cores) * frame.memory_bytes / 1e9,
    )
