"""Part `staying` of `eclips4d bench registration`: drift where steps bury the roughness, with and without learning."""

from __future__ import annotations

import numpy as np

from eclips4d.pipeline.bench.networks.slopes.scores import ratio_interval
from eclips4d.pipeline.bench.registration.context import RegistrationContext
from eclips4d.pipeline.bench.registration.moving.scenes import SIZE, Movie
from eclips4d.pipeline.bench.registration.staying import scenes, trials
from eclips4d.pipeline.bench.rows import Row, at_most

STAYING = "Passing risers bury the roughness, particles stay: drift error by what has been learned of what stays"
SEEDS, FIRST_SEED = 3, 10
CASES = tuple((share, speed) for share in (0.25, 0.5, 0.75) for speed in (0.3, 1.0, 2.0))


def rows(context: RegistrationContext) -> list[Row]:
    """The table."""
    seeds = context.seeds or SEEDS
    said = f"seeds from {FIRST_SEED} on, {scenes.FRAMES} frames of 4 × {SIZE}², {scenes.DOSE:g} electrons"
    made = [Row(STAYING, f"{said}; [paired 95 % interval]", seeds)]
    gathered = []
    for share, speed in CASES:
        name = f"{100 * share:.0f} % moving, {speed:g} px a frame"
        with context.console.status(name):
            movies = [scenes.movie(share, speed, FIRST_SEED + k) for k in range(seeds)]
            gathered.append({kind: _errors(movies, kind) for kind in ("all", "strays", "nothing")})
        made.append(_row(name, gathered[-1]))
    whole = {kind: np.concatenate([each[kind] for each in gathered]) for kind in gathered[0]}
    over = ratio_interval(whole["all"], whole["strays"])
    said = f"all of these: over what strays alone give [{over.low:.3f}, {over.high:.3f}]"
    return [*made, at_most(STAYING, said, over.mean, 1.0)]


def _errors(movies: list[Movie], kind: str) -> scenes.F64:
    forget = {"all": trials.nothing, "strays": trials.unrest, "nothing": trials.strays_and_unrest}[kind]
    return np.array([trials.error_of(movie, forget) for movie in movies])


def _row(name: str, errors: dict[str, scenes.F64]) -> Row:
    """Ours in pixels, beside ours without."""
    means = {kind: float(np.exp(np.log(each).mean())) for kind, each in errors.items()}
    over = ratio_interval(errors["all"], errors["nothing"])
    said = f"strays alone {means['strays']:.3g} px, nothing learned {means['nothing']:.3g} px"
    what = f"{name}: rms error, px; {said}; over that [{over.low:.2f}, {over.high:.2f}]"
    return Row(STAYING, what, means["all"])
