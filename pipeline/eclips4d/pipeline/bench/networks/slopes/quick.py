"""Numbers while a network is being trained: slope errors beside the peers', in seconds once those are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.pipeline.bench.networks.judge.frame import DOSES, judge_frame
from eclips4d.pipeline.bench.networks.judge.surfaces import ISSUED
from eclips4d.pipeline.bench.networks.slopes.chosen import best, read
from eclips4d.pipeline.bench.networks.slopes.peers import PEERS
from eclips4d.pipeline.bench.networks.slopes.scores import rms_error

F32 = NDArray[np.float32]
SlopesOf = Callable[[RawArray, Calibration, Instrument], tuple[F32, F32]]
"""(raw, calibration, instrument) -> slope [2, y, x], slope_sd [y, x]."""


class QuickScore(NamedTuple):
    """Rms slope errors of one scene at one dose, geometric means over the seeds; NaN for what was not asked for."""

    closed: float
    gaussian: float
    total_variation: float
    network: float
    bm3d: float


def quick_scores(
    slopes_of: SlopesOf,
    seeds: int = 1,
    size: int = 192,
    *,
    kept: Path | None = None,
    scenes: Sequence[str] = ISSUED,
    doses: Sequence[float] = DOSES,
    with_bm3d: bool = False,
) -> dict[tuple[str, float], QuickScore]:
    """Scores by scene and dose.

    Parameters
    ----------
    kept
        Folder in which the peers' scores are kept between calls.
    with_bm3d
        Whether to run BM3D (half a minute per frame unless kept), where its package is installed.
    """
    found = {}
    for scene in scenes:
        for dose in doses:
            reads = [read(judge_frame(scene, dose, seed, size=size)) for seed in range(seeds)]
            frames = [r.frame for r in reads]
            ours = [rms_error(slopes_of(f.raw, f.calibration, f.instrument)[0], f.slope) for f in frames]
            closed = [rms_error(r.closed.slope, r.frame.slope) for r in reads]
            names = ["Gaussian", "total variation", *(["BM3D"] if with_bm3d and PEERS["BM3D"].there else [])]
            peers = [_mean(best(name, reads, kept).rms) for name in names]
            found[scene, dose] = QuickScore(_mean(closed), peers[0], peers[1], _mean(ours), (*peers, np.nan)[2])
    return found


def _mean(rms: Sequence[float] | NDArray[np.float64]) -> float:
    return float(np.exp(np.log(np.asarray(rms)).mean()))
