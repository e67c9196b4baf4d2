"""Part `soak`: memory and descriptors of every stage over a long run below the highest rate."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import psutil

from eclips4d.core.messages import Notice
from eclips4d.pipeline.bench.reliability.long.part import trend
from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.speed.context import SpeedContext
from eclips4d.pipeline.bench.speed.trial import highest_rate, trial
from eclips4d.pipeline.supervisor import Supervisor

SHARE = 0.8
SEARCH_SECONDS = 12.0
FEWEST = 20
"""Samples, without which nothing is said of a trend."""
MOST_DESCRIPTORS = 2.0
"""By which their number may change: a file that is being written comes and goes."""


@dataclass(slots=True)
class Watched:
    """Samples of one stage: frames committed, resident MB, open descriptors."""

    frames: list[float] = field(default_factory=list)
    resident_mb: list[float] = field(default_factory=list)
    descriptors: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Watch:
    """Looks at every stage whenever the store's owner says something new."""

    stages: dict[str, Watched] = field(default_factory=dict)

    def look(self, supervisor: Supervisor, notice: Notice) -> None:
        """One sample of every stage that is there."""
        for name, stage in supervisor.stages.items():
            seen = self.stages.setdefault(name, Watched())
            if seen.frames and seen.frames[-1] == notice.committed:
                continue
            try:
                process = psutil.Process(stage.process.pid)
                resident, descriptors = process.memory_info().rss / 1e6, float(process.num_fds())
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
            seen.frames.append(float(notice.committed))
            seen.resident_mb.append(resident)
            seen.descriptors.append(descriptors)


def rows(context: SpeedContext) -> list[Row]:
    """One table, for the largest size."""
    size = max(context.sizes)
    best, _ = highest_rate(size, SEARCH_SECONDS, context.console, **context.settings)
    watch = Watch()
    run = trial(size, SHARE * best.fps, 60.0 * context.minutes, on_notice=watch.look, **context.settings)
    title = f"A long run at {100 * SHARE:.0f} % of the highest rate, `{context.model}`, 4 × {size}²"
    made = [
        Row(title, f"frames/s; {len(run.latency_ms)} frames in {context.minutes:g} minutes", run.fps),
        at_most(title, "gaps", float(run.gaps), 0.0),
        at_most(title, "lag at the end, s", run.lag_s, 1.0),
    ]
    for name, seen in watch.stages.items():
        made += told(title, name, seen)
    return made


def told(title: str, name: str, seen: Watched) -> list[Row]:
    """Memory and descriptors of one stage: what they are and what they gained over the run."""
    if len(seen.frames) < FEWEST:
        return [Row(title, f"{name}: {len(seen.frames)} samples are too few", float("nan"))]
    frames, resident = np.array(seen.frames), np.array(seen.resident_mb)
    line = trend(frames, resident)
    gained, u = line.gained * line.mean, line.gained_u * line.mean
    half = len(seen.descriptors) // 2
    more = float(np.median(seen.descriptors[half:]) - np.median(seen.descriptors[:half]))
    return [
        Row(title, f"{name}: memory, MB, gained {gained:.1f} ± {u:.1f}", line.mean, "flat", line.flat),
        at_most(title, f"{name}: descriptors more in the second half", more, MOST_DESCRIPTORS),
    ]
