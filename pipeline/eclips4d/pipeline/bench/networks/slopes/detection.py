"""Steps near the detection limit: how well the size of a slope tells a step's pixels from a terrace's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from scipy.stats import rankdata

from eclips4d.pipeline.bench.networks.slopes.chosen import Read, filtered
from eclips4d.pipeline.bench.networks.slopes.gathered import modelled, reading
from eclips4d.pipeline.bench.networks.slopes.peers import PEERS
from eclips4d.pipeline.bench.networks.slopes.scores import difference_interval, inside, levelled_error
from eclips4d.pipeline.bench.rows import Row

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

TABLE = "Steps near the detection limit: area under the ROC of pixels by the size of their slope"
STEPS_SD = (0.7, 1.5)
"""Heights of steps with risers of 2 px (10–90 %), pixels over the closed form's noise sd."""
DOSES = (100.0, 1000.0)
_AWAY_PX, _ON, _OFF = 4, 0.5, 0.1


def detection_rows(seeds: int, models: Sequence[str]) -> list[Row]:
    """Per dose and height: peers with the parameter that makes their own area largest, models against the best peer."""
    rows = []
    for dose in DOSES:
        for height in STEPS_SD:
            what = f"{dose:g} electrons, height {height:g} sd·px"
            reads = [faint(dose, height, seed) for seed in range(seeds)]
            bests = {name: best_area(name, reads) for name, peer in PEERS.items() if peer.there and not peer.slow}
            leader = max(bests, key=lambda name: float(bests[name][1].mean()))
            for name, (value, areas) in bests.items():
                rows.append(Row(TABLE, f"{what}: {name} ({value:g})", float(areas.mean())))
            for name in models:
                ours = areas_of(reads, (modelled(name, r.frame.scene, dose, k)[0] for k, r in enumerate(reads)))
                more = difference_interval(ours, bests[leader][1])
                said = f"{what}: {name}, over {leader} {more.mean:+.3f} [{more.low:+.3f}, {more.high:+.3f}]"
                least = float(bests[leader][1].mean())
                rows.append(Row(TABLE, said, float(ours.mean()), f"> {least:.4g}", bool(ours.mean() > least)))
    return rows


def faint(dose: float, height_sd: float, seed: int) -> Read:
    """A frame of steps whose height is told in noise sd of its own setting, times a pixel."""
    noise = reading("flat", dose, seed).noise
    return reading(f"faint:{height_sd * noise:.3g}", dose, seed)


def best_area(name: str, reads: Sequence[Read]) -> tuple[float, F64]:
    """A peer's parameter with the largest mean area, and its areas."""
    found = [(value, areas_of(reads, (filtered(name, r, value) for r in reads))) for value in PEERS[name].grid]
    return max(found, key=lambda pair: float(pair[1].mean()))


def areas_of(reads: Sequence[Read], slopes: Iterable[F32]) -> F64:
    """Area under the ROC, frame by frame."""
    return np.array([roc_area(*scored(slope, r.frame.slope)) for slope, r in zip(slopes, reads, strict=True)])


def scored(slope: F32, truth: F32) -> tuple[F64, F64]:
    """Sizes of the levelled slopes on risers and on terraces at least 4 px away from them."""
    size = np.hypot(*(truth + levelled_error(slope, truth)))
    on, off = steps_and_terraces(truth)
    return size[on], size[off]


def steps_and_terraces(truth: F32) -> tuple[Mask, Mask]:
    """Pixels above half of the steepest slopes, and those far from any above a tenth."""
    deviation = np.hypot(*(truth - np.median(truth, axis=(1, 2))[:, None, None]))
    top = float(np.percentile(deviation, 99.5))
    counted = inside(truth.shape)
    return counted & (deviation > _ON * top), counted & ~binary_dilation(deviation > _OFF * top, iterations=_AWAY_PX)


def roc_area(positive: F64, negative: F64) -> float:
    """Chance that a positive scores above a negative, ties by half (Mann and Whitney's U)."""
    ranks = rankdata(np.concatenate([positive, negative]))
    above = ranks[: len(positive)].sum() - len(positive) * (len(positive) + 1) / 2.0
    return float(above / (len(positive) * len(negative)))
