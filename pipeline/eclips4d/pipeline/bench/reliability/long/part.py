"""Long: 30 000 frames into one store at full speed; opening, committing and memory as functions of length."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import StageDiedError
from eclips4d.pipeline.bench.reliability.context import ReliabilityContext
from eclips4d.pipeline.bench.reliability.long.recording import Stretch
from eclips4d.pipeline.bench.reliability.long.tidied import tidied
from eclips4d.pipeline.bench.rows import Row

TABLE = "A long run in one store"
FRAMES = 30_000
SIZE = 256
SAMPLES = 60
GROWS, AT_MOST = 0.10, 0.50
"""A quantity grows when over the whole run it gained more than the first share of its mean, beyond two standard
uncertainties, or more than the second, however uncertain."""
MEASURED: list[Stretch] = []
QUANTITIES = {
    "open_ms": "xarray.open_zarr, ms",
    "commit_ms": "commit, median, ms",
    "commit_p99_ms": "commit, 99th percentile, ms",
    "resident_mb": "memory of the writer, MB",
}


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through a quantity over the length of the run.

    Attributes
    ----------
    gained, gained_u : float
        What the whole run added, and its standard uncertainty, as shares of the mean.
    """

    mean: float
    gained: float
    gained_u: float

    @property
    def flat(self) -> bool:
        """Whether nothing says that it grows."""
        return self.gained <= min(GROWS + 2 * self.gained_u, AT_MOST)


def trend(frames: NDArray[np.float64], values: NDArray[np.float64]) -> Trend:
    """The Theil-Sen line, which single stretches that something else disturbed do not turn.

    The first tenth is left out: caches fill. The uncertainty is half the width of the 68 % interval of the slope.
    """
    from scipy.stats import theilslopes

    kept = frames > frames[-1] / 10
    slope, _, low, high = theilslopes(values[kept], frames[kept], alpha=0.6827)
    scale = frames[-1] / float(np.mean(values[kept]))
    return Trend(float(np.mean(values[kept])), slope * scale, (high - low) / 2 * scale)


def rows(context: ReliabilityContext) -> list[Row]:
    """Mean and gain of each quantity; what compaction saves."""
    MEASURED[:] = measure(context)
    return [*told(MEASURED), *tidied(context, SIZE)]


def told(stretches: Sequence[Stretch]) -> list[Row]:
    """Mean and gain of each quantity."""
    frames = np.array([stretch.frames for stretch in stretches], np.float64)
    found = [Row(TABLE, f"frames of 4 × {SIZE}²", stretches[-1].frames)]
    rates = [stretch.per_second for stretch in stretches]
    found.append(Row(TABLE, "frames per second, each with its results and its commit", float(np.median(rates))))
    for name, what in QUANTITIES.items():
        line = trend(frames, np.array([getattr(stretch, name) for stretch in stretches]))
        gained = f"{what.rpartition(',')[0]}: gained over the run, % (± {100 * line.gained_u:.1f})"
        limit = f"≤ {100 * GROWS:.0f} + 2 u, ≤ {100 * AT_MOST:.0f}"
        found += [Row(TABLE, what, line.mean), Row(TABLE, gained, 100 * line.gained, limit, line.flat)]
    return found


def measure(context: ReliabilityContext) -> list[Stretch]:
    """Run it in a process of its own.

    Raises
    ------
    StageDiedError
        It failed.
    """
    frames = max(20 * SAMPLES, context.times(FRAMES))
    with tempfile.TemporaryDirectory(prefix="eclips4d-long-", dir=Path.cwd()) as folder:
        module = "eclips4d.pipeline.bench.reliability.long.recording"
        command = [sys.executable, "-m", module, f"{folder}/run.zarr", str(frames), str(SIZE), str(SAMPLES)]
        stretches = []
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for line in process.stdout:
                stretches.append(msgspec.json.decode(line, type=Stretch))
                if len(stretches) % 10 == 0:
                    context.console.print(f"{stretches[-1].frames} frames", highlight=False)
    if process.returncode or not stretches:
        raise StageDiedError("the long run failed", where="bench reliability --part long")
    return stretches


def pictures(context: ReliabilityContext, folder: Path) -> None:
    """Draw what was measured, measuring first where that was not done."""
    from eclips4d.pipeline.bench.reliability.long.picture import draw

    draw(MEASURED or measure(context), folder / "reliability-long.png")
