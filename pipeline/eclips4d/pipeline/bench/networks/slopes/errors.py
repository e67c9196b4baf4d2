"""Rms slope errors against the best classical filters, and on pixels whose view of the detector is blocked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.closed_form import ClosedForm
from eclips4d.inference.networks.shadows import lit, shadows_of
from eclips4d.pipeline.bench.networks.judge.frame import DOSES
from eclips4d.pipeline.bench.networks.judge.surfaces import ISSUED
from eclips4d.pipeline.bench.networks.slopes.chosen import Best, Read, best
from eclips4d.pipeline.bench.networks.slopes.gathered import modelled, readings
from eclips4d.pipeline.bench.networks.slopes.peers import PEERS
from eclips4d.pipeline.bench.networks.slopes.scores import Interval, ratio_interval, rms_error
from eclips4d.pipeline.bench.rows import Row

F64 = NDArray[np.float64]

OVER_GAUSSIAN = "Slopes: rms error over the best Gaussian filter's"
OVER_OTHERS = "Slopes: rms error over that of the best of total variation and BM3D"
PEERS_TABLE = "Slopes: rms error of the closed form, and of its filters at their best over it"
OCCLUDED = "Slopes: rms error on occluded pixels over the closed form's"
GAUSSIAN_BAR, OTHERS_BAR, OCCLUDED_BAR = 0.75, 0.85, 0.35
_OTHERS = ("total variation", "BM3D")


def error_rows(
    seeds: int, models: Sequence[str], scenes: Sequence[str] = ISSUED, kept: Path | None = None
) -> list[Row]:
    """Errors on whole frames, by scene and dose."""
    over_gaussian, over_others, peers = [], [], []
    for scene in scenes:
        for dose in DOSES:
            what = f"{scene.split(':')[0]}, {dose:g} electrons"
            reads = readings(scene, dose, seeds)
            closed = np.array([rms_error(r.closed.slope, r.frame.slope) for r in reads])
            bests = bests_of(reads, kept)
            peers += peer_rows(what, closed, bests)
            other = min((n for n in _OTHERS if n in bests), key=lambda n: float(np.log(bests[n].rms).mean()))
            for name in models:
                ours = np.array(
                    [rms_error(modelled(name, scene, dose, k)[0], r.frame.slope) for k, r in enumerate(reads)]
                )
                against = ratio_interval(ours, bests["Gaussian"].rms)
                over_gaussian.append(interval_row(OVER_GAUSSIAN, f"{what}: {name}", against, GAUSSIAN_BAR))
                against = ratio_interval(ours, bests[other].rms)
                over_others.append(interval_row(OVER_OTHERS, f"{what}: {name} over {other}", against, OTHERS_BAR))
    return [*over_gaussian, *over_others, *peers]


def bests_of(reads: Sequence[Read], kept: Path | None = None) -> dict[str, Best]:
    """Every peer that can run, at its best over these frames."""
    return {name: best(name, reads, kept) for name, peer in PEERS.items() if peer.there}


def interval_row(table: str, what: str, found: Interval, bar: float | None) -> Row:
    """A row that states its interval; the mean is what meets the bar."""
    said = f"{what} [{found.low:.2f}, {found.high:.2f}]" if np.isfinite(found.low) else what
    return Row(table, said, found.mean) if bar is None else Row(table, said, found.mean, f"≤ {bar}", found.mean <= bar)


def peer_rows(what: str, closed: F64, bests: dict[str, Best]) -> list[Row]:
    """Closed form's error and every peer's over it; a peer that could not run says what it lacks."""
    rows = [Row(PEERS_TABLE, f"{what}: closed form, rms error", float(np.exp(np.log(closed).mean())))]
    for name, peer in PEERS.items():
        if name not in bests:
            rows.append(Row(PEERS_TABLE, f"{what}: {name}: package {peer.needs} is not installed", float("nan")))
            continue
        ratio = ratio_interval(bests[name].rms, closed)
        rows.append(
            interval_row(PEERS_TABLE, f"{what}: {name}, {peer.parameter} {bests[name].parameter:g}", ratio, None)
        )
    return rows


def occluded_rows(seeds: int, models: Sequence[str]) -> list[Row]:
    """Errors where the surroundings hide part of the detector: pits, and the feet of facets."""
    rows = []
    for scene in ("pits", "facets"):
        for dose in DOSES:
            reads = readings(scene, dose, seeds)
            closed = [_hidden_error(r, r.closed.slope) for r in reads]
            rows.append(Row(OCCLUDED, f"{scene}, {dose:g} electrons: closed form, rms error", _mean(closed)))
            for what, without in (("guessed", _without_guessed), ("of the true heights", _without_true)):
                ours = [_hidden_error(r, without(r).slope) for r in reads]
                found = ratio_interval(np.array(ours), np.array(closed))
                said = f"{scene}, {dose:g} electrons: closed form without shadows {what}"
                rows.append(interval_row(OCCLUDED, said, found, None))
            for name in models:
                ours = [_hidden_error(r, modelled(name, scene, dose, k)[0]) for k, r in enumerate(reads)]
                found = ratio_interval(np.array(ours), np.array(closed))
                rows.append(interval_row(OCCLUDED, f"{scene}, {dose:g} electrons: {name}", found, OCCLUDED_BAR))
    return rows


def _without_guessed(reading: Read) -> ClosedForm:
    """What the networks start from."""
    shadows = shadows_of(reading.frame.instrument)
    return lit(reading.closed, shadows(reading.closed, reading.frame.calibration))


def _without_true(reading: Read) -> ClosedForm:
    """What no guess of shadows could better: all that is left then are edges within pixels."""
    shadows = shadows_of(reading.frame.instrument)
    return lit(reading.closed, shadows.of_height(reading.frame.height, reading.frame.calibration))


def _hidden_error(reading: Read, slope: NDArray[np.float32]) -> float:
    frame = reading.frame
    return rms_error(slope, frame.slope, frame.occluded, level=~frame.occluded)


def _mean(values: Sequence[float]) -> float:
    return float(np.exp(np.nanmean(np.log(values))))
