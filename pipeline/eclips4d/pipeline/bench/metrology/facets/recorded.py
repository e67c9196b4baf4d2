"""Facets of recordings that others made or measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eclips4d.acquisition.open import open_source
from eclips4d.core.instrument import parse_instrument
from eclips4d.metrology.facets import Facet, Flatness, Systematic, find_facets, in_plane_angle, systematic_of
from eclips4d.metrology.facets.facet import Facets
from eclips4d.physics.calibration.artefact import calibrate_on, parse_artefact
from eclips4d.pipeline.bench.metrology.simulated import movie_from
from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.truth_cases import Case, recorded_cases

RECORDED = "Facets: recordings"
FACE_DEG = 22.0
SCALE = "± 1.3 % of scale"
_INDENT = Flatness(least_pixels=1500, finest_px=8.0, spread=0.04)
"""Faces of a real indent are rough: what is finer than this is not a facet of its own."""


def recorded_rows(folder: Path) -> list[Row]:
    """The table; parts whose recording is missing are left out."""
    rows = []
    for case in recorded_cases(folder / "recordings") if (folder / "recordings").exists() else ():
        if case.name == "frusta":
            rows += _frusta(case)
    indent = folder / "real" / "vickers"
    return rows + (_indent(indent) if indent.exists() else [])


def _frusta(case: Case) -> list[Row]:
    movie = movie_from(case.frames, case.instrument)
    errors: dict[float, list[float]] = {}
    within = []
    for k, frame in enumerate(movie):
        rise = np.gradient(case.truth.height_nm[k].astype(np.float64), case.pixel_nm)
        true = np.degrees(np.arctan(np.hypot(*rise)))
        facets = find_facets(frame, movie.grid)
        for facet in facets.found:
            tilt = float(np.median(true[facets.inner & (facets.labels == facet.number)]))
            if tilt < 5.0:
                continue
            found = facet.tilt_deg(Systematic())
            errors.setdefault(round(tilt, 2), []).append(found.value - tilt)
            within.append(abs(found.value - tilt) <= 2.0 * found.random_u)
    rows = []
    for tilt, off in sorted(errors.items()):
        if len(off) >= 3:
            rms = float(np.sqrt(np.mean(np.square(off))))
            rows.append(at_most(RECORDED, f"frusta: sides of {tilt:.2f}°, rms error, degrees, of {len(off)}", rms, 0.2))
            rows.append(Row(RECORDED, f"frusta: sides of {tilt:.2f}°, mean error, degrees", float(np.mean(off))))
    rows.append(Row(RECORDED, "frusta: within 2 u of noise alone, %", 100.0 * float(np.mean(within))))
    return rows


def _indent(folder: Path) -> list[Row]:
    with open_source(str(folder)) as source:
        instrument = parse_instrument(source.info.instrument_toml, str(folder))
        frames = tuple(source.frames())
    known = calibrate_on([frames[0].data], instrument, parse_artefact("pyramid:22")).instrument
    movie = movie_from(frames, known)
    shared = systematic_of(movie.grid)
    facets = find_facets(movie.read(0), movie.grid, _INDENT)
    faces = _faces(facets)
    rows = []
    for facet in faces:
        found, towards = facet.tilt_deg(shared), facet.azimuth_deg(shared).value
        rows.append(
            Row(RECORDED, f"indent, face that falls towards {towards:.0f}°: angle, degrees ({SCALE})", found.value)
        )
    if len(faces) == 4:
        rms = float(np.sqrt(np.mean([(f.tilt_deg(shared).value - FACE_DEG) ** 2 for f in faces])))
        rows.append(Row(RECORDED, f"indent: rms off {FACE_DEG:.1f}°, degrees ({SCALE})", rms))
        ordered = sorted(faces, key=lambda f: f.azimuth_deg(shared).value)
        between = [in_plane_angle(a, b, shared).value for a, b in zip(ordered, ordered[1:] + ordered[:1], strict=True)]
        off = float(np.sqrt(np.mean(np.square(np.array(between) - 90.0))))
        rows.append(Row(RECORDED, "indent: rms of the four in-plane angles off 90°, degrees", off))
    return rows


def _faces(facets: Facets) -> list[Facet]:
    tilted = [facet for facet in facets.found if np.hypot(*facet.slope) > np.tan(np.radians(10.0))]
    return tilted[:4]
