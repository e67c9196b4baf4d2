"""Part `budget` of `eclips4d bench metrology`: stated uncertainties against the spread of simulated readings.

The simulated instrument is off by chance, each input by its stated uncertainty; what inverts its frames is told the
nominal values. Where the budget is right, readings spread by what its lines state.
"""

from __future__ import annotations

from eclips4d.pipeline.bench.metrology.budget.measured import ANGLE, STEP, Spread, of_one_frame, of_series
from eclips4d.pipeline.bench.metrology.budget.narrow import slope_errors_of_moved_facets
from eclips4d.pipeline.bench.metrology.budget.setting import Setting
from eclips4d.pipeline.bench.metrology.budget.trials import SOURCES
from eclips4d.pipeline.bench.metrology.budget.wall import Wall
from eclips4d.pipeline.bench.metrology.context import MetrologyContext
from eclips4d.pipeline.bench.rows import Row

STEPS = "Budget of a step height: spread of simulated readings over what is stated"
ANGLES = "Budget of a facet angle: spread of simulated readings over what is stated"
VELOCITIES = "Budget of a velocity: spread of simulated readings over what is stated"
COVERED = "Budgets: share of simulated readings within U (k = 2) of the truth"

WALLS = (
    Wall(40.0, 30.0, 25.0),
    Wall(80.0, 45.0, -35.0),
    Wall(20.0, 15.0, 70.0),
    Wall(50.0, 40.0, 45.0),
    Wall(30.0, 20.0, 110.0),
)
"""Height (nm), angle and azimuth (degrees): one per seed, in turn."""
DOSES = (300.0, 1000.0, 3000.0)
LOWEST, HIGHEST = 0.8, 1.25
SEEDS = 5
ON_HEIGHT = tuple(SOURCES)
ON_ANGLE = tuple(name for name in SOURCES if name not in ("pixel size", "shear", "drift"))
ON_VELOCITY = {"drift": 20, "pixel size": 14, "shear": 14, "time": 14}
"""Sources and draws per seed: more than the numbers that each takes."""
LINEAR, COUNTED = 16, 40
"""Draws per seed where only the instrument is off, and where electrons are counted."""


def rows(context: MetrologyContext) -> list[Row]:
    """All tables."""
    seeds = range(1, (context.seeds or SEEDS) + 1)
    with context.console.status("budgets against simulated readings"):
        at = {dose: [Setting(WALLS[(seed - 1) % len(WALLS)], dose, seed) for seed in seeds] for dose in DOSES}
        middle = at[DOSES[1]]
        frames = {name: of_one_frame(middle, (name,), LINEAR, noisy=False) for name in ON_HEIGHT}
        noise = {dose: of_one_frame(settings, (), COUNTED, noisy=True) for dose, settings in at.items()}
        whole = {dose: of_one_frame(settings, ON_HEIGHT, COUNTED, noisy=True) for dose, settings in at.items()}
        series = {name: of_series(middle, (name,), count, noisy=False) for name, count in ON_VELOCITY.items()}
        noisy_series = of_series(middle, (), COUNTED, noisy=True)
        whole_series = of_series(middle, tuple(ON_VELOCITY), COUNTED, noisy=True)
    return [
        *(_row(STEPS, name, frames[name][STEP]) for name in ON_HEIGHT),
        *(_row(STEPS, f"noise, {dose:g} electrons", noise[dose][STEP]) for dose in DOSES),
        *(_row(STEPS, f"all together, {dose:g} electrons", whole[dose][STEP]) for dose in DOSES),
        *(_row(ANGLES, name, frames[name][ANGLE]) for name in ON_ANGLE),
        *(_row(ANGLES, f"noise, {dose:g} electrons", noise[dose][ANGLE]) for dose in DOSES),
        *(_row(ANGLES, f"all together, {dose:g} electrons", whole[dose][ANGLE]) for dose in DOSES),
        *(_row(ANGLES, f"resampling, facet of {width:g} px", found) for width, found in slope_errors_of_moved_facets()),
        *(_row(VELOCITIES, name, found) for name, found in series.items()),
        _row(VELOCITIES, f"noise, {DOSES[1]:g} electrons", noisy_series),
        _row(VELOCITIES, f"all together, {DOSES[1]:g} electrons", whole_series),
        *(_covered(f"{what}, {dose:g} electrons", whole[dose][what]) for what in (STEP, ANGLE) for dose in DOSES),
        _covered(f"velocity, {DOSES[1]:g} electrons", whole_series),
    ]


def _row(table: str, what: str, found: Spread) -> Row:
    said = f"{what} (± {found.u:.2g}, {found.draws} draws)"
    return Row(table, said, found.ratio, f"{LOWEST} to {HIGHEST}", LOWEST <= found.ratio <= HIGHEST)


def _covered(what: str, found: Spread) -> Row:
    return Row(COVERED, f"{what}, {found.draws} draws", found.covered, "0.95 ± 0.03", abs(found.covered - 0.95) <= 0.03)
