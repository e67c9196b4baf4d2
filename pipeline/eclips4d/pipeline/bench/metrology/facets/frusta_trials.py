"""Frusta in one image: facets found, named and tested, beside what they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eclips4d.metrology.facets import (
    Assignment,
    Estimate,
    Facets,
    Planes,
    Systematic,
    assign,
    estimate_orientation,
    find_facets,
    from_directions,
    planes_of,
    systematic_of,
    wulff_test,
)
from eclips4d.metrology.facets.sphere import angle_rad, normals_of
from eclips4d.metrology.movie import Grid, SurfaceFrame
from eclips4d.physics.scenes.facets import Face
from eclips4d.pipeline.bench.metrology.facets.scenes import Frusta, crystal, decoys, frusta
from eclips4d.pipeline.bench.metrology.facets.shooting import filmed

F64 = NDArray[np.float64]

TOPS: tuple[Face, ...] = ("100", "110", "111")
DOSES = (300, 1000, 3000)
SIZE, PIXEL_NM = 256, 4.0
GROUND = "ground"
_FOOT_NM: dict[Face, float] = {"100": 205.0, "110": 165.0, "111": 185.0}
"""Half widths at the base with which frusta stand free: their sides do not shade each other."""
_PURE = 0.9
_UP: dict[Face, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "100": ((0, 0, 1), (1, 0, 0)),
    "110": ((1, 1, 0), (0, 0, 1)),
    "111": ((1, 1, 1), (1, -1, 0)),
}


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One image of frusta.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per facet: `true` (a family, none for a decoy, or the ground between frusta), `true_tilt_deg`, what
        was found (`tilt_deg`, `tilt_u`, `azimuth_error_deg`, `family` when the orientation is known, `own_family` when
        it is estimated from the facets), `slope` and `flat`.
    wulff_p : float
        Of the facets that are planes.
    decoys_p : float
        Of the test with decoys taken for the planes nearest to them; NaN where there are none.
    orientation_error_deg : float
        Of the estimated orientation, up to the crystal's symmetry.
    """

    top: Face
    dose: int
    table: pd.DataFrame
    wulff_p: float
    decoys_p: float
    orientation_error_deg: float
    orientation_u_deg: float
    facets: Facets
    known: Assignment
    planes: Planes
    systematic: Systematic
    frame: SurfaceFrame
    grid: Grid


def trials(seeds: int) -> Iterator[Trial]:
    """Every top with every seed, doses in turn; at the middle dose the second, registered frame is looked at."""
    for seed in range(1, seeds + 1):
        for k, top in enumerate(TOPS):
            yield trial(top, DOSES[(seed + k) % len(DOSES)], seed)


def scene_of(top: Face, seed: int) -> tuple[Frusta, float]:
    """Four frusta turned alike, and by how much; on a (100) top one of them is of decoys."""
    random = np.random.default_rng([seed, TOPS.index(top), 0xFAC])
    turn = float(random.uniform(0.0, 90.0))
    kinds = [crystal(top) for _ in range(4)]
    if top == "100":
        kinds[1] = decoys()
    height, foot = float(random.uniform(88.0, 100.0)), _FOOT_NM[top] * float(random.uniform(0.97, 1.03))
    return frusta(kinds, top, turn, height, foot, SIZE * PIXEL_NM / 2.0), turn


def trial(top: Face, dose: int, seed: int) -> Trial:
    """Look at one image."""
    scene, turn = scene_of(top, seed)
    frames = 2 if dose == DOSES[1] else 1
    movie = filmed(scene, frames, SIZE, dose, seed)
    frame, planes, shared = movie.read(frames - 1), planes_of(), systematic_of(movie.grid)
    facets = find_facets(frame, movie.grid)
    up, right = _UP[top]
    orientation = from_directions(np.array(up), np.array(right), turn)
    known = assign(facets.found, planes, orientation, shared)
    own = estimate_orientation(facets.found, planes, shared)
    table = _table(facets, scene, known, own)
    good = [k for k in range(len(facets)) if table["flat"][k] and table["true"][k] in planes.names]
    best = known.posterior[:, :-1].argmax(axis=1)
    found = [facets.found[k] for k in good]
    test = wulff_test(found, planes.normals[best[good]], shared)
    return Trial(
        top=top,
        dose=dose,
        table=table,
        wulff_p=test.p_value,
        decoys_p=_with_decoys(facets, table, planes, known, shared),
        orientation_error_deg=_off_deg(own.orientation.matrix, orientation.matrix, planes),
        orientation_u_deg=own.orientation.u_deg,
        facets=facets,
        known=known,
        planes=planes,
        systematic=shared,
        frame=frame,
        grid=movie.grid,
    )


def _table(facets: Facets, scene: Frusta, known: Assignment, own: Estimate) -> pd.DataFrame:
    middle = (np.arange(SIZE) - (SIZE - 1) / 2.0) * PIXEL_NM
    which = scene.lowest(*np.meshgrid(middle, middle))[1]
    table = known.table.copy()
    table["own_family"] = own.assignment.table["family"]
    truth = [_truth(which[facets.inner & (facets.labels == facet.number)], scene) for facet in facets.found]
    table["true"] = [name for name, _ in truth]
    normals = np.array([normal for _, normal in truth])
    table["true_tilt_deg"] = np.degrees(np.arccos(np.clip(normals[:, 2], -1.0, 1.0)))
    azimuth = np.degrees(np.arctan2(normals[:, 1], normals[:, 0]))
    table["azimuth_error_deg"] = (table["azimuth_deg"] - azimuth + 180.0) % 360.0 - 180.0
    still = Systematic()
    table["tilt_u"] = [facet.tilt_deg(still).random_u for facet in facets.found]
    table["azimuth_u"] = [facet.azimuth_deg(still).random_u for facet in facets.found]
    table["slope"] = [float(np.hypot(*facet.slope)) for facet in facets.found]
    table["flat"] = [facet.spread_deg == 0.0 for facet in facets.found]
    table["pure"] = [normal[2] > 0.0 for _, normal in truth]
    return table


def _truth(which: NDArray[np.int64], scene: Frusta) -> tuple[str, F64]:
    """Name and normal (screen) of what most pixels of a facet are; a normal that points down where they are mixed."""
    values, counts = np.unique(which, return_counts=True)
    most = int(values[counts.argmax()])
    if counts.max() < _PURE * counts.sum():
        return GROUND, np.array([0.0, 0.0, -1.0])
    if most < 0:
        return GROUND, np.array([0.0, 0.0, 1.0])
    x, y, z, _ = scene.planes[most // 100][most % 100]
    name = scene.names[most // 100][most % 100]
    return ("{" + name + "}" if name else "none"), np.array([x, -y, z])


def _with_decoys(facets: Facets, table: pd.DataFrame, planes: Planes, known: Assignment, shared: Systematic) -> float:
    """The test's answer when decoys pass for what is nearest to them."""
    strangers = [k for k in range(len(facets)) if table["true"][k] == "none"]
    if not strangers:
        return float("nan")
    good = [k for k in range(len(facets)) if table["flat"][k] and table["true"][k] in planes.names] + strangers[:1]
    seen = normals_of(np.array([facets.found[k].slope for k in good]))
    turned = planes.normals @ known.orientation.matrix.T
    nearest = angle_rad(seen[:, None], turned[None]).argmin(axis=1)
    return wulff_test([facets.found[k] for k in good], planes.normals[nearest], shared).p_value


def _off_deg(found: F64, true: F64, planes: Planes) -> float:
    """Angle between orientations, the least over the lattice's rotations, from where the planes come to lie."""
    turned, aim = planes.normals @ found.T, planes.normals @ true.T
    off = np.array([angle_rad(row[None], turned).min() for row in aim])
    # Of a small rotation, directions in all places turn by √(2/3) of it in the mean square.
    return float(np.degrees(np.sqrt((off**2).mean() * 1.5)))
