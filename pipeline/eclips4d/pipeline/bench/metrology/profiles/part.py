"""Part `profiles` of `eclips4d bench metrology`: step height and wall angle, over height, pixel size and angle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from eclips4d.metrology.quantity import Quantity
from eclips4d.pipeline.bench.metrology.context import MetrologyContext
from eclips4d.pipeline.bench.metrology.profiles.cases import ANGLES_DEG, Case, Read, cases, readings
from eclips4d.pipeline.bench.metrology.profiles.moved import moved_rows
from eclips4d.pipeline.bench.rows import Row

SUMMARY = "Steps read off profiles: all heights, pixel sizes and wall angles together"
HEIGHT = "Step height: mean error in per cent"
ANGLE = "Wall angle: mean error in degrees"
TURNED = "The same steps turned on the screen"
SEEDS, MANY = 5, 8
"""Seeds; times as many at the highest dose, for mean errors below what noise hides."""
DOSES = (300.0, 1000.0, 3000.0)
HEIGHT_BAR, ANGLE_BAR, TURNED_BAR = 1.0, 0.2, 0.3
OPEN_DEG = 1.0
"""An angle whose own standard uncertainty is larger is said to be open."""
TURNS_DEG = (98.0, 188.0)
TURNED_CASES = ((10.0, 4.0, 20.0), (10.0, 4.0, 45.0), (50.0, 10.0, 60.0))
QUANTITIES: dict[str, tuple[Callable[[Read], Quantity], Callable[[Case], float]]] = {
    "height": (lambda read: read.step.height_nm, lambda case: case.height_nm),
    "angle": (lambda read: read.step.angle_deg, lambda case: case.angle_deg),
    "position": (lambda read: read.step.position_nm, lambda case: case.half_nm),
    "10-90 % width": (lambda read: read.step.width_nm, lambda case: 0.8 * case.wall_nm),
}
"""How each is read and what it is in truth."""


def rows(context: MetrologyContext) -> list[Row]:
    """All tables."""
    seeds = context.seeds or SEEDS
    found: list[list[Read]] = []
    for case in cases():
        with context.console.status(f"{case.height_nm:g} nm, {case.pixel_nm:g} nm pixels, {case.angle_deg:g} degrees"):
            found.append(list(readings(case, {**dict.fromkeys(DOSES, seeds), DOSES[-1]: MANY * seeds})))
    with context.console.status("turned relief"):
        turned = turned_rows(seeds)
    with context.console.status("frames that were moved"):
        moved = moved_rows(seeds)
    return [*summary_rows(found, seeds), *height_rows(found), *angle_rows(found), *turned, *moved]


def pictures(context: MetrologyContext, folder: Path) -> None:
    """Profiles with what was fitted, and the errors over height, pixel size and angle."""
    from eclips4d.pipeline.bench.metrology.profiles.pictures import draw

    draw(folder, context.seeds or SEEDS)


def summary_rows(found: Sequence[Sequence[Read]], seeds: int) -> list[Row]:
    """Shares of honest uncertainties, by quantity and by dose, and slopes against heights."""
    even = [read for reads in found for read in reads if read.seed <= seeds]
    made = [Row(SUMMARY, f"steps: {len(found)} kinds × {len(DOSES)} doses × {seeds} seeds", len(even))]
    for name in QUANTITIES:
        bar = name in ("height", "angle")
        made.append(_coverage(f"{name}: share of |error|/(2u) ≤ 1, %", even, name, bar))
    for dose in DOSES:
        part = [read for read in even if read.dose == dose]
        made += [_coverage(f"{name}, {dose:g} electrons: the same", part, name, False) for name in ("height", "angle")]
    biases = np.array([abs(height_error(reads)[0]) for reads in found])
    share = 100.0 * float((biases <= HEIGHT_BAR).mean())
    made.append(
        Row(SUMMARY, f"height: share of kinds with a mean error ≤ {HEIGHT_BAR:g} %, %", share, "100", share == 100)
    )
    judged = [abs(error) for error, _, u in map(angle_error, found) if u <= OPEN_DEG]
    share = 100.0 * float(np.mean(np.array(judged) <= ANGLE_BAR))
    what = f"angle: share of the {len(judged)} kinds that are not open with a mean error ≤ {ANGLE_BAR:g} degrees, %"
    made.append(Row(SUMMARY, what, share, "100", share == 100))
    return [*made, *plateau_rows(found)]


def plateau_rows(found: Sequence[Sequence[Read]]) -> list[Row]:
    """What two parallel lines through the heights of the plateaus give instead."""
    best = [[read for read in reads if read.dose == DOSES[-1]] for reads in found]
    lines, fits = (
        [float(np.std([_relative(pick(read), read) for read in reads])) for reads in best]
        for pick in (_plateau, QUANTITIES["height"][0])
    )
    ratio = float(np.nanmedian(np.divide(lines, fits)))
    made = [Row(SUMMARY, "noise of the height, two lines through the plateaus over the fit of slopes: median", ratio)]
    tall = [read for reads in best for read in reads if read.case.angle_deg == 60.0 and read.case.wall_px > 2.0]
    for name, pick in (("two lines through the plateaus", _plateau), ("fit of slopes", QUANTITIES["height"][0])):
        error = 100.0 * float(np.mean([_relative(pick(read), read) for read in tall])) if tall else float("nan")
        made.append(Row(SUMMARY, f"height above the shade of 60 degrees, {name}: mean error, %", error))
    return made


def _plateau(read: Read) -> Quantity:
    return read.plateau


def height_rows(found: Sequence[Sequence[Read]]) -> list[Row]:
    """One judged row per kind of step."""
    made = []
    for reads in found:
        bias, error, u = height_error(reads)
        what = f"{_told(reads[0].case)}: ± {error:.2f}, own u of one reading {u:.2g}"
        made.append(Row(HEIGHT, what, bias, f"within {HEIGHT_BAR:g}", abs(bias) <= HEIGHT_BAR))
    return made


def angle_rows(found: Sequence[Sequence[Read]]) -> list[Row]:
    """One row per kind of step, judged unless the readings themselves say that they cannot tell."""
    made = []
    for reads in found:
        bias, error, u = angle_error(reads)
        what = f"{_told(reads[0].case)}: ± {error:.2f}, own u of one reading {u:.2g}"
        if u > OPEN_DEG:
            made.append(Row(ANGLE, f"{what}: open", bias))
        else:
            made.append(Row(ANGLE, what, bias, f"within {ANGLE_BAR:g}", abs(bias) <= ANGLE_BAR))
    return made


def height_error(reads: Sequence[Read]) -> tuple[float, float, float]:
    """Mean relative error at the highest dose, its standard error, and the readings' own u; per cent."""
    best = [read for read in reads if read.dose == DOSES[-1]]
    error = 100.0 * np.array([_relative(read.step.height_nm, read) for read in best])
    u = float(np.median([read.step.height_nm.u / read.case.height_nm for read in best]))
    return float(error.mean()), float(error.std() / np.sqrt(error.size)), 100.0 * u


def angle_error(reads: Sequence[Read]) -> tuple[float, float, float]:
    """The same of the angle, degrees."""
    best = [read for read in reads if read.dose == DOSES[-1]]
    error = np.array([read.step.angle_deg.value - read.case.angle_deg for read in best])
    u = float(np.median([read.step.angle_deg.u for read in best]))
    return float(error.mean()), float(error.std() / np.sqrt(error.size)), u


def turned_rows(seeds: int) -> list[Row]:
    """Relief turned by 90 and 180 degrees against relief as it was."""
    made = []
    for height, pixel, angle in TURNED_CASES:
        straight = list(readings(Case(height, pixel, angle), {DOSES[-1]: 2 * seeds}))
        for orientation in TURNS_DEG:
            other = list(readings(Case(height, pixel, angle, orientation), {DOSES[-1]: 2 * seeds}))
            by_angle = angle_error(other)[0] - angle_error(straight)[0]
            by_height = height_error(other)[0] - height_error(straight)[0]
            what = f"{_told(straight[0].case)}, by {orientation - 8.0:g} degrees"
            made.append(
                Row(TURNED, f"{what}: angle, degrees", by_angle, f"within {TURNED_BAR}", abs(by_angle) <= TURNED_BAR)
            )
            made.append(
                Row(TURNED, f"{what}: height, %", by_height, f"within {HEIGHT_BAR:g}", abs(by_height) <= HEIGHT_BAR)
            )
    return made


def by_height_and_pixel(found: Sequence[Sequence[Read]]) -> dict[tuple[float, float], list[Sequence[Read]]]:
    """The kinds of steps, each list by angle in the order of `ANGLES_DEG`."""
    table: dict[tuple[float, float], list[Sequence[Read]]] = {}
    for reads in sorted(found, key=lambda reads: ANGLES_DEG.index(reads[0].case.angle_deg)):
        table.setdefault((reads[0].case.height_nm, reads[0].case.pixel_nm), []).append(reads)
    return table


def _coverage(what: str, reads: Sequence[Read], name: str, judged: bool) -> Row:
    read_off, truth = QUANTITIES[name]
    share = 100.0 * float(np.mean([read_off(read).normalised_error(truth(read.case)) <= 1.0 for read in reads]))
    return Row(SUMMARY, what, share, "95 ± 3", 92.0 <= share <= 98.0) if judged else Row(SUMMARY, what, share)


def _relative(quantity: Quantity, read: Read) -> float:
    return quantity.value / read.case.height_nm - 1.0


def _told(case: Case) -> str:
    size = f"{case.height_nm:g} nm, {case.pixel_nm:g} nm pixels"
    return f"{size}, {case.angle_deg:g} degrees, wall {case.wall_px:.3g} pixels"
