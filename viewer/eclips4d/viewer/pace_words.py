"""The present numbers of the pace of a run, in words; knows no Qt."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from eclips4d.viewer.latency import Latency, Reach
from eclips4d.viewer.pace_memory import COUNTED, PaceMemory
from eclips4d.viewer.state_line import Condition, duration, size

NAMES = {
    "committed": "committed",
    "shown": "on screen",
    "strip ready": "strip made",
    "strip shown": "strip on screen",
}
"""Steps that are told beside those of the store's column."""


def milliseconds(ms: float) -> str:
    """A time span of the chain."""
    if not math.isfinite(ms):
        return "–"
    return f"{ms:.2g} ms" if ms < 9.95 else f"{ms:.0f} ms" if ms < 995 else duration(ms / 1000)


def waiting(c: Condition) -> tuple[str, str]:
    """Frames without results, and for how long the oldest has waited."""
    frames = max(0, c.recorded - c.committed)
    lag = "" if c.chain_lag_s is None else f"for {duration(c.chain_lag_s)}"
    return f"{frames} {'frame' if frames == 1 else 'frames'}", lag


def disk(c: Condition) -> tuple[str, str]:
    """Room left, and for how long."""
    if c.free_bytes is None:
        return "–", ""
    return size(c.free_bytes), "" if c.full_in_s is None else f"full in {duration(c.full_in_s)}"


def rates(pace: PaceMemory) -> list[str]:
    """Frames per second, for each of `COUNTED`."""
    found = pace.rates()
    newest = found[:, -1].tolist() if found.size else [math.nan] * len(COUNTED)
    return [f"{rate:.2f}" if math.isfinite(rate) else "–" for rate in newest]


def stages(latency: Latency, frame: int, *, ended: bool) -> list[tuple[str, str, str]]:
    """Of each stage: its name, the frame's own latency, and what is usual."""
    own, told = latency.of(frame), []
    for k, name in enumerate(latency.stages):
        usual = latency.usual_ms(k, None if ended else 100)
        worst = latency.worst(k)
        usually = "" if usual is None or worst is None else reach(*usual, *worst)
        told.append((name, "–" if own is None else milliseconds(float(own[k])), usually))
    return told


def reach(middle_ms: float, late_ms: float, worst_ms: float, worst_frame: int) -> str:
    """What is usual, what is late, and the worst with its frame."""
    usual = f"usually {milliseconds(middle_ms)}, 99 %: {milliseconds(late_ms)}"
    return f"{usual}, worst: {milliseconds(worst_ms)} (frame {worst_frame})"


def beyond(told: Mapping[str, Reach], known: Sequence[str]) -> list[tuple[str, str]]:
    """Of the steps that no column of the store has: name, and what is usual."""
    return [(NAMES[step], reach(*values)) for step, values in told.items() if step in NAMES and step not in known]
