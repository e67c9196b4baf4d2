"""Part `static` of `eclips4d bench registration`: how near the bound errors come, and bias over a pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.networks.slopes.scores import mean_interval
from eclips4d.pipeline.bench.registration.context import RegistrationContext
from eclips4d.pipeline.bench.registration.scenes.edges import FINER
from eclips4d.pipeline.bench.registration.static import trials
from eclips4d.pipeline.bench.registration.static.trials import DOSES, PLACES, Trials, edge_trials, granular_trials
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

OVER_BOUND = "Static granular scenes: rms error of the shift over the Cramér-Rao bound"
BIAS = "Static granular scenes: bias by subpixel shift, px"
EDGES = "Static scenes of facets with borders sharper than a pixel, not judged"
SEEDS = 10
OVER_BOUND_BAR, BIAS_BAR = 1.3, 0.005
BELIEVED = 2.0
"""A bias counts as far as it goes beyond so many of its standard errors."""


def rows(context: RegistrationContext) -> list[Row]:
    """All tables."""
    seeds = context.seeds or SEEDS
    with context.console.status("static granular scenes"):
        films = {dose: granular_trials(dose, seeds) for dose in DOSES}
    with context.console.status("static scenes with sharp borders"):
        facets = {dose: edge_trials(dose, seeds) for dose in DOSES}
    return [*over_bound_rows(films), *bias_rows(films), *edge_rows(facets)]


def pictures(context: RegistrationContext, folder: Path) -> None:
    """Bias over a pixel."""
    from eclips4d.pipeline.bench.registration.static.pictures import draw

    draw(context.seeds or SEEDS, folder)


def over_bound_rows(films: dict[float, Trials]) -> list[Row]:
    """One judged row per dose, and how the stated standard deviation compares with the errors."""
    found = [_seeds_row(OVER_BOUND, films, f"frames of 4 × {trials.SIZE}²")]
    for dose, film in films.items():
        interval = mean_interval(film.over_bound)
        what = (
            f"{dose:g} electrons, bound {1e3 * film.bound.mean():.2g}·10⁻³ px [{interval.low:.2f}, {interval.high:.2f}]"
        )
        found.append(at_most(OVER_BOUND, what, _rms(film.errors / film.bound[:, None]), OVER_BOUND_BAR))
    for dose, film in films.items():
        found.append(Row(OVER_BOUND, f"{dose:g} electrons: over the stated sd", _rms(film.errors / film.stated)))
    return found


def bias_rows(films: dict[float, Trials]) -> list[Row]:
    """One row per shift: mean error at each dose with its standard error, judged beyond two of these."""
    found = [_seeds_row(BIAS, films, "rows and columns together")]
    curves = {dose: bias(film) for dose, film in films.items()}
    for k, place in enumerate(PLACES):
        said = " · ".join(f"{mean[k]:+.4f} ± {error[k]:.4f}" for mean, error in curves.values())
        most = max(float(beyond(mean, error)[k]) for mean, error in curves.values())
        found.append(at_most(BIAS, f"{place:.1f} px at {_named(films)} electrons: {said}; beyond 2 ±", most, BIAS_BAR))
    return found


def edge_rows(facets: dict[float, Trials]) -> list[Row]:
    """Errors where no interpolation between pixels is exact."""
    found = [_seeds_row(EDGES, facets, f"frames of 4 × {trials.EDGES_SIZE}², pixel means of a {FINER} × finer scene")]
    for dose, facet in facets.items():
        mean, error = bias(facet)
        worst = int(np.argmax(np.abs(mean)))
        said = f"largest bias {mean[worst]:+.4f} ± {error[worst]:.4f} at {PLACES[worst]:.1f} px"
        found.append(Row(EDGES, f"{dose:g} electrons: rms error, px; {said}", _rms(facet.errors)))
        found.append(Row(EDGES, f"{dose:g} electrons: over the bound", _rms(facet.errors / facet.bound[:, None])))
    return found


def bias(found: Trials) -> tuple[F64, F64]:
    """Mean error by subpixel place, and its standard error."""
    errors = found.by_place
    return errors.mean(axis=0), errors.std(axis=0, ddof=1) / np.sqrt(len(errors))


def beyond(mean: F64, error: F64) -> F64:
    """What of a bias cannot be chance."""
    return np.asarray(np.maximum(np.abs(mean) - BELIEVED * error, 0.0))


def _named(films: dict[float, Trials]) -> str:
    return ", ".join(f"{dose:g}" for dose in films)


def _seeds_row(table: str, films: dict[float, Trials], said: str) -> Row:
    count = len(next(iter(films.values())).errors)
    return Row(table, f"seeds, {said}; {len(PLACES)} shifts each; [95 % interval of the mean over seeds]", count)


def _rms(values: F64) -> float:
    return float(np.sqrt(np.mean(values**2)))
