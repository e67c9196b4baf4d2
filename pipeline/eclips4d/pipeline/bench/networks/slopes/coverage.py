"""Is the stated uncertainty true? Shares of errors within 1 and 1.96 stated sd, bin by bin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.networks.judge.frame import DOSES
from eclips4d.pipeline.bench.networks.judge.setting import Setting, setting_of
from eclips4d.pipeline.bench.networks.judge.surfaces import ISSUED
from eclips4d.pipeline.bench.networks.slopes.gathered import modelled, reading
from eclips4d.pipeline.bench.networks.slopes.scores import inside, levelled_error
from eclips4d.pipeline.bench.rows import Row

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

TABLE = "Stated slope_sd: share of errors within 1 sd and within 1.96 sd, %"
SIZE_TABLE = "Stated slope_sd: its mean over the rms error"
OUTSIDE_TABLE = "Stated slope_sd outside the training range: share within 1 sd and within 1.96 sd, %"
EXPECTED = ((1.0, 68.27), (1.96, 95.0))
WITHIN, OUTSIDE_BELOW, SIZE_BAR = 5.0, 10.0, 1.15
SCENES = (*ISSUED, "pits", "flat")
TILTS_DEG = (0.0, 10.0, 30.0, 50.0)
_STRIDE, _LEAST = 3, 500


@dataclass(frozen=True, slots=True)
class Sample:
    """Errors of single components and what was stated of them, in one row per component and pixel.

    Attributes
    ----------
    error, sd : float64 [m]
    tilt_deg : float64 [m]
        True tilt.
    riser, occluded : bool [m]
    dose : float64 [m]
    """

    error: F64
    sd: F64
    tilt_deg: F64
    riser: Mask
    occluded: Mask
    dose: F64


def coverage_rows(seeds: int, models: Sequence[str]) -> list[Row]:
    """Every bin that has enough pixels, by model."""
    rows = []
    for name in models:
        sample = joined(sample_of(name, s, d, k) for s in SCENES for d in DOSES for k in range(seeds))
        rows += [row for what, mask in bins(sample).items() for row in shares(f"{name}, {what}", sample, mask)]
        for what, mask in {"all": np.ones(len(sample.sd), bool), **_doses(sample)}.items():
            over = float(sample.sd[mask].mean() / np.sqrt(np.mean(sample.error[mask] ** 2)))
            rows.append(Row(SIZE_TABLE, f"{name}, {what}", over, f"≤ {SIZE_BAR}", over <= SIZE_BAR))
    return [*(r for r in rows if r.table == TABLE), *(r for r in rows if r.table == SIZE_TABLE)]


def outside_rows(seeds: int, models: Sequence[str]) -> list[Row]:
    """What no training has seen, one thing at a time: nobody may be far too confident."""
    rows = []
    for name in models:
        for what, (dose, change) in OUTSIDE.items():
            sample = joined(
                sample_of(name, scene, dose, k, change(setting_of(k))) for scene in ISSUED for k in range(seeds)
            )
            for factor, expected in EXPECTED:
                share = covered(sample.error, sample.sd, factor)
                least = expected - OUTSIDE_BELOW
                said = f"{name}, {what}: within {factor:g} sd"
                rows.append(Row(OUTSIDE_TABLE, said, share, f"≥ {least:.0f}", share >= least))
    return rows


OUTSIDE: Mapping[str, tuple[float, Callable[[Setting], Setting]]] = {
    "20 electrons": (20.0, lambda setting: setting),
    "lag of 1.5 px": (1000.0, lambda setting: replace(setting, lag_px=1.5)),
    "gains wrong by 3 %": (1000.0, lambda setting: replace(setting, gain_error=0.03)),
    "6 segments": (1000.0, lambda setting: replace(setting, segments=6)),
}
"""Dose, and what becomes of a setting."""


def sample_of(name: str, scene: str, dose: float, seed: int, setting: Setting | None = None) -> Sample:
    """Every third row and column of one frame, both components."""
    frame = reading(scene, dose, seed, setting).frame
    slope, sd = modelled(name, scene, dose, seed, setting)
    chosen = np.zeros_like(frame.riser)
    chosen[::_STRIDE, ::_STRIDE] = True
    chosen &= inside(chosen.shape)
    tilt = np.degrees(np.arctan(np.hypot(*frame.slope)))
    error = levelled_error(slope, frame.slope)[:, chosen].ravel()
    return Sample(
        error=error,
        sd=np.tile(sd[chosen].astype(np.float64), 2),
        tilt_deg=np.tile(tilt[chosen], 2),
        riser=np.tile(frame.riser[chosen], 2),
        occluded=np.tile(frame.occluded[chosen], 2),
        dose=np.full(error.shape, dose),
    )


def joined(samples: Iterable[Sample]) -> Sample:
    """All of them as one."""
    every = list(samples)
    return Sample(**{field.name: np.concatenate([getattr(s, field.name) for s in every]) for field in fields(Sample)})


def covered(error: F64, sd: F64, factor: float) -> float:
    """Share of errors, %, whose size is below `factor` stated sd."""
    return float(100.0 * np.mean(np.abs(error) < factor * sd))


def bins(sample: Sample) -> dict[str, Mask]:
    """Masks by name: deciles of the stated sd, tilts, risers and terraces, occluded or not, doses."""
    edges = np.quantile(sample.sd, np.linspace(0.0, 1.0, 11))
    decile = np.clip(np.searchsorted(edges, sample.sd, side="right") - 1, 0, 9)
    found = {f"decile {k + 1} of sd": decile == k for k in range(10)}
    for low, high in pairwise(TILTS_DEG):
        found[f"tilt {low:g}–{high:g}°"] = (sample.tilt_deg >= low) & (sample.tilt_deg < high)
    found |= {"risers": sample.riser, "terraces": ~sample.riser}
    found |= {"occluded": sample.occluded, "in full view": ~sample.occluded}
    return found | _doses(sample)


def _doses(sample: Sample) -> dict[str, Mask]:
    return {f"{dose:g} electrons": sample.dose == dose for dose in np.unique(sample.dose)}


def shares(what: str, sample: Sample, mask: Mask) -> list[Row]:
    """Rows of one bin; of too few pixels nothing is said."""
    if mask.sum() < _LEAST:
        return [Row(TABLE, f"{what}: too few pixels", float("nan"))]
    rows = []
    for factor, expected in EXPECTED:
        share = covered(sample.error[mask], sample.sd[mask], factor)
        met = abs(share - expected) <= WITHIN
        rows.append(Row(TABLE, f"{what}: within {factor:g} sd", share, f"{expected:.0f} ± {WITHIN:g}", met))
    return rows
