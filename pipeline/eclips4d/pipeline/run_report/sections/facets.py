"""Facets: where they are, which way they face, and which planes of a crystal they are."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from eclips4d.core.errors import InputError
from eclips4d.metrology.facets import (
    Estimate,
    Facet,
    Facets,
    Planes,
    Systematic,
    estimate_orientation,
    find_facets,
    orientation_histogram,
    stereogram,
    systematic_of,
    wulff_test,
)
from eclips4d.metrology.facets.sphere import angle_rad
from eclips4d.metrology.movie import Movie, SurfaceFrame
from eclips4d.pipeline.run_report.charts import DPI, draw_map, drawing, in_page, png_in_page, square_height_in
from eclips4d.pipeline.run_report.content import Content
from eclips4d.pipeline.run_report.crystal import Crystal
from eclips4d.pipeline.run_report.markup import Html, joined, paragraph
from eclips4d.pipeline.run_report.numbers import counted, number
from eclips4d.pipeline.run_report.section import Section, nothing
from eclips4d.pipeline.run_report.tables import Column, table

TITLE = "Facets"
LEAST_DEG = 8.0
"""By which some of the flat parts must face another way, else they are terraces and not facets."""
LEAST_AREA = 0.008
"""Share of the field that each of the two then has; pieces of risers are smaller."""
LEAST_LEAD = 3.0
"""Logarithm by which an orientation must be more probable than the next, to name facets by it."""
LEAST_SHARE = 0.6
"""Of the facets, which one orientation must explain, to name any by it."""
MOST_ROWS = 30
LEVEL_U = 0.1
"""Of the plane on which all slopes stand where gains are estimated: any plane may be theirs."""
_COLUMNS = (
    Column("facet", "facet"),
    Column("tilt", "tilt, °", "tilt_u"),
    Column("tilt_systematic", "of it systematic", digits=2),
    Column("azimuth", "falls towards, °", "azimuth_u"),
    Column("area", "area, nm²", digits=3),
    Column("family", "family"),
    Column("plane", "plane"),
    Column("posterior", "probability", digits=3),
    Column("off", "off the plane, °", digits=2),
)


def section(content: Content) -> Section:
    """Map, stereogram, one row per facet of the last surface, and a test of all angles together."""
    if content.measured is None:
        return nothing(TITLE, content.why_not)
    movie = content.measured.movie
    frame = movie.read(movie.frames[-1])
    facets = find_facets(frame, movie.grid)
    field_nm2 = frame.height.size * float(np.prod(movie.grid.pixel_size_nm))
    if not _differ([facet for facet in facets.found if facet.area_nm2 >= LEAST_AREA * field_nm2]):
        return nothing(TITLE, f"no two larger flat parts of the last surface differ by {LEAST_DEG:g}°")
    systematic = systematic_of(movie.grid, LEVEL_U if _gains_free(content) else 0.0)
    crystal = content.crystal
    planes = crystal.planes
    estimate, why = _estimate(facets.found, crystal, systematic)
    pieces = [_map(movie, frame, facets), _stereogram(facets, frame, movie, systematic, planes, estimate)]
    pieces += [
        table(_rows(facets.found, systematic, estimate), _COLUMNS, _caption(frame, crystal, estimate), most=MOST_ROWS)
    ]
    pieces += [
        paragraph(words) for words in ([] if estimate is None else _wulff_words(facets, crystal, systematic, estimate))
    ]
    missing = () if estimate is not None else (f"Planes of facets: {why}.",)
    return Section(TITLE, joined(pieces), missing, (("facets", _headline(facets.found, estimate)),))


def _differ(facets: Sequence[Facet]) -> bool:
    normals = [facet.normal for facet in facets[:40]]
    return any(np.degrees(angle_rad(a, b)) > LEAST_DEG for a, b in combinations(normals, 2))


def _gains_free(content: Content) -> bool:
    return any(calibration.gain_estimated for calibration in content.calibrations)


def _estimate(facets: Sequence[Facet], crystal: Crystal, systematic: Systematic) -> tuple[Estimate | None, str]:
    try:
        found = estimate_orientation(facets, crystal.planes, systematic)
    except InputError as error:
        return None, error.what
    if found.lead < LEAST_LEAD:
        return None, f"the facets do not tell how a {crystal.words} would lie"
    if found.explained < max(3.0, LEAST_SHARE * len(facets)):
        count = f"only {found.explained} of {len(facets)} facets"
        names = ", ".join(crystal.planes.names)
        return None, f"{count} would be {names} of one {crystal.words}, however it lies"
    return found, ""


def _map(movie: Movie, frame: SurfaceFrame, facets: Facets) -> Html:
    labels = np.where(facets.labels > 0, (facets.labels * 7) % 20, np.nan)
    shape = (labels.shape[0], labels.shape[1])
    with drawing(square_height_in(shape, movie.grid.pixel_size_nm, 4.8, bar=False), 4.8) as figure:
        axes = figure.subplots()
        draw_map(axes, labels, movie.grid.pixel_size_nm, (0.0, 19.0), "tab20", f"frame {frame.frame}", mean=False)
        for facet in facets.found[:30]:
            x, y = np.subtract(facet.centre_nm, movie.grid.origin_nm)
            box = {"fc": "white", "ec": "none", "alpha": 0.75, "pad": 0.8}
            axes.annotate(str(facet.number), (x, y), ha="center", va="center", fontsize=8, bbox=box)
    caption = "Facets by their numbers; grey belongs to none."
    return in_page(figure, f"Map of {counted(len(facets), 'facet')} in frame {frame.frame}.", caption)


def _stereogram(
    facets: Facets,
    frame: SurfaceFrame,
    movie: Movie,
    systematic: Systematic,
    planes: Planes,
    estimate: Estimate | None,
) -> Html:
    ground = orientation_histogram(frame, movie.grid)
    figure = stereogram(
        facets.found,
        systematic,
        planes=None if estimate is None else planes,
        assignment=None if estimate is None else estimate.assignment,
        histogram=ground,
        title=f"Poles of facets, frame {frame.frame}",
    )
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None})
    caption = (
        "Stereographic projection, the beam in the middle, azimuths as on the screen; ellipses are two standard "
        "uncertainties, grey is the share of the surface that faces there. Open marks are planes of the crystal."
    )
    tilts = [float(np.degrees(np.arctan(np.hypot(*facet.slope)))) for facet in facets.found]
    alt = f"Stereogram of {counted(len(facets), 'facet')} with tilts from {min(tilts):.1f} to {max(tilts):.1f} degrees."
    return png_in_page(file.getvalue(), alt, caption)


def _rows(facets: Sequence[Facet], systematic: Systematic, estimate: Estimate | None) -> pd.DataFrame:
    rows = []
    for k, facet in enumerate(facets):
        tilt, azimuth = facet.tilt_deg(systematic), facet.azimuth_deg(systematic)
        row: dict[str, object] = {
            "facet": facet.number,
            "tilt": tilt.value,
            "tilt_u": tilt.u,
            "tilt_systematic": tilt.systematic_u,
            "azimuth": azimuth.value,
            "azimuth_u": azimuth.u,
            "area": facet.area_nm2,
        }
        if estimate is not None:
            told = estimate.assignment.table.iloc[k]
            named = told["family"] in ("none", "undecided")
            row |= {
                "family": told["family"],
                "plane": "" if named else told["plane"],
                "posterior": told["posterior_none"] if told["family"] == "none" else told["posterior"],
                "off": np.nan if named else told["off_deg"],
            }
        rows.append(row)
    return pd.DataFrame(rows)


def _caption(frame: SurfaceFrame, crystal: Crystal, estimate: Estimate | None) -> str:
    told = f"Facets of frame {frame.frame}; ± is the standard uncertainty"
    if estimate is None:
        return told
    return f"{told}; planes of a {crystal.words} whose orientation was found from the facets themselves"


def _wulff_words(facets: Facets, crystal: Crystal, systematic: Systematic, estimate: Estimate) -> list[str]:
    planes, best = crystal.planes, estimate.assignment.posterior.argmax(axis=1)
    named = [k for k, family in enumerate(estimate.assignment.table["family"]) if family in planes.names]
    if len(named) < 2:
        return []
    chosen = [facets.found[k] for k in named]
    test = wulff_test(chosen, planes.normals[best[named]], systematic, mosaic_deg=0.1)
    verdict = "fit" if test.p_value > 0.05 else "do not fit"
    words = (
        f"All angles between the {len(named)} named facets {verdict} one {crystal.words}: chi² {number(test.chi2)} "
        f"with {test.dof} degrees of freedom, p = {number(test.p_value, 2)}; the slope scale that fits best is off by "
        f"{number(100 * test.scale, 2)} %."
    )
    strangers = int((estimate.assignment.table["family"] == "none").sum())
    none = f"{counted(strangers, 'facet')} {'is' if strangers == 1 else 'are'} none of {', '.join(planes.names)}."
    return [words, none] if strangers else [words]


def _headline(facets: Sequence[Facet], estimate: Estimate | None) -> str:
    count = counted(len(facets), "facet")
    if estimate is None:
        return count
    families = estimate.assignment.table["family"].value_counts()
    return f"{count}: {', '.join(f'{n} × {name}' for name, n in families.items())}"
