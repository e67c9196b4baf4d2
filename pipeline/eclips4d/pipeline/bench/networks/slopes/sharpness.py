"""Does anything get wider? Risers of half a pixel to two, pairs of steps, and the transfer of slopes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.networks.judge.risers import HEIGHT_PX, Risers, named_risers
from eclips4d.pipeline.bench.networks.slopes.chosen import Read, best, filtered
from eclips4d.pipeline.bench.networks.slopes.edges import Profile, dip, mtf50, profile, step_height, width
from eclips4d.pipeline.bench.networks.slopes.gathered import modelled, readings
from eclips4d.pipeline.bench.networks.slopes.scores import inside, levelled_error, mean_interval
from eclips4d.pipeline.bench.rows import Row

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

WIDTHS = "Sharpness: 10–90 % width of risers less that of the truth, pixels"
HEIGHTS = "Sharpness: height of steps over the truth − 1, %"
TRANSFER = "Sharpness: MTF50 of the slope across a riser of half a pixel over the closed form's"
PAIRS = "Sharpness: two steps 6 pixels apart, slope between them over the lower peak"
RISERS_PX, HEIGHTS_PX, DOSES, PAIR = (0.5, 1.0, 2.0), (0.15, HEIGHT_PX), (1000.0, 10000.0), "pairs:1:6"
WIDTH_BAR, HEIGHT_BAR, TRANSFER_BAR, DIP_BAR = 0.5, 1.0, 0.9, 0.735
"""Of the dip: Rayleigh's, at which two lines count as two."""
PEERS = ("Gaussian", "total variation")


@dataclass(frozen=True, slots=True)
class Method:
    """Something that gives slopes of the frames of one scene and dose.

    Attributes
    ----------
    name
    slopes
        (seed) -> levelled slopes [2, y, x].
    judged
        Whether it is a model, which has bars to meet.
    """

    name: str
    slopes: Callable[[int], F64]
    judged: bool


def methods(scene: str, dose: float, reads: Sequence[Read], models: Sequence[str], kept: Path | None) -> list[Method]:
    """The closed form, the peers with the smallest error on these frames, and the models."""
    found = [Method("closed form", lambda k: levelled(reads[k].closed.slope, reads[k]), False)]
    for name in PEERS:
        parameter = best(name, reads, kept).parameter
        found.append(Method(f"best {name}", _peer(name, reads, parameter), False))
    return [*found, *(Method(name, _model(name, scene, dose, reads), True) for name in models)]


def _peer(name: str, reads: Sequence[Read], parameter: float) -> Callable[[int], F64]:
    return lambda k: levelled(filtered(name, reads[k], parameter), reads[k])


def _model(name: str, scene: str, dose: float, reads: Sequence[Read]) -> Callable[[int], F64]:
    return lambda k: levelled(modelled(name, scene, dose, k)[0], reads[k])


def levelled(slope: F32, reading: Read) -> F64:
    """Slopes whose mean is the truth's: a tilt of the whole frame is nobody's step."""
    return reading.frame.slope + levelled_error(slope, reading.frame.slope, inside(slope.shape))


def sharpness_rows(seeds: int, models: Sequence[str], kept: Path | None = None) -> list[Row]:
    """Widths, heights and transfer of single risers, and pairs."""
    rows: dict[str, list[Row]] = {WIDTHS: [], HEIGHTS: [], TRANSFER: [], PAIRS: []}
    for dose in DOSES:
        for wide in RISERS_PX:
            for high in HEIGHTS_PX:
                _single(rows, wide, high, dose, seeds, models, kept)
    for dose in DOSES:
        reads = readings(PAIR, dose, seeds)
        for method in methods(PAIR, dose, reads, models, kept):
            dips = [dip(found, 6.0) for found, _ in _profiles(PAIR, method, reads)]
            rows[PAIRS].append(_row(PAIRS, f"{dose:g} electrons: {method.name}", dips, DIP_BAR, method, largest=True))
    return [row for table in rows.values() for row in table]


def _single(
    rows: dict[str, list[Row]],
    wide: float,
    high: float,
    dose: float,
    seeds: int,
    models: Sequence[str],
    kept: Path | None,
) -> None:
    """Rows of risers of one width and height at one dose; widths and transfer of the higher ones only."""
    scene = f"risers:{wide:g}:{high:g}"
    reads = readings(scene, dose, seeds)
    base = 0.0
    for method in methods(scene, dose, reads, models, kept):
        pairs = list(_profiles(scene, method, reads))
        higher = [100.0 * (step_height(found) / step_height(true) - 1.0) for found, true in pairs]
        what = f"{dose:g} electrons, {wide:g} px wide, {high:g} px high: {method.name}"
        rows[HEIGHTS].append(_row(HEIGHTS, what, higher, HEIGHT_BAR, method))
        if high != HEIGHT_PX:
            continue
        wider = [width(found) - width(true) for found, true in pairs]
        rows[WIDTHS].append(_row(WIDTHS, f"{dose:g} electrons, {wide:g} px: {method.name}", wider, WIDTH_BAR, method))
        if wide == RISERS_PX[0]:
            half = float(np.mean([mtf50(found) for found, _ in pairs]))
            base = base or half
            rows[TRANSFER].append(_transfer_row(f"{dose:g} electrons: {method.name}", half, half / base, method))


def _transfer_row(what: str, half: float, over: float, method: Method) -> Row:
    said = f"{what}, {half:.2f} per pixel"
    if not method.judged:
        return Row(TRANSFER, said, over)
    return Row(TRANSFER, said, over, f"≥ {TRANSFER_BAR}", over >= TRANSFER_BAR)


def _profiles(scene: str, method: Method, reads: Sequence[Read]) -> Iterable[tuple[Profile, Profile]]:
    """Of every seed: the method's, and the truth's by the same averaging."""
    for seed, reading in enumerate(reads):
        risers: Risers = named_risers(scene, seed)
        yield profile(method.slopes(seed), risers), profile(reading.frame.slope, risers)


def _row(table: str, what: str, values: Sequence[float], bar: float, method: Method, *, largest: bool = False) -> Row:
    """Mean over the seeds with its interval; its size, or the largest value of all, meets the bar."""
    every = np.asarray(values)
    if largest:
        value, said, wanted = float(every.max()), f"{what}, worst of {len(every)}", f"≤ {bar}"
    else:
        found = mean_interval(every)
        value, wanted = found.mean, f"± {bar:g}"
        said = f"{what} [{found.low:.2g}, {found.high:.2g}]" if np.isfinite(found.low) else what
    return Row(table, said, value, wanted, abs(value) <= bar) if method.judged else Row(table, said, value)
