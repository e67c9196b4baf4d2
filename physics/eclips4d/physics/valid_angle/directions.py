"""The valid solid angle of every segment as a table over emission directions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.physics.valid_angle.acceptance import Acceptance
from eclips4d.physics.valid_angle.coverage import coverage
from eclips4d.physics.valid_angle.flight import Flight, flights
from eclips4d.physics.valid_angle.segments import annulus_mm, detector_centre_mm, inside

F64 = NDArray[np.float64]

POLAR_CELLS, AZIMUTHS = 256, 512
_FEWEST = 4
_FINER_FOR_POLYGONS = 3
"""Cells are cut for polygons, whose corners a linear function blunts."""
_SAME_RAD = 1e-9
_SPARE = 1.5
"""In a field an emission off the axis moves an edge of the detector by more than itself."""


def acceptance(
    instrument: Instrument,
    at_mm: tuple[float, float] = (0.0, 0.0),
    *,
    polar_cells: int = POLAR_CELLS,
    azimuths: int = AZIMUTHS,
    theta_edges: F64 | None = None,
) -> Acceptance:
    """Which directions of emission reach which segment, averaged over cells of directions.

    Geometry (annular sectors with gap, offset and scan rotation, or polygons), and where the electrodes make a field,
    its deflection, averaged over the energies of `electrons.flight_energies`. Electrons count; an energy response
    enters only as the weight of those energies. With Lambert's law the cells add up to `detector.segment_response`:
    `Σ share · (sin²θ₁ − sin²θ₀)/2 · Δφ/π` is its `flat`, to 2e-5 of it at the default resolution.

    Parameters
    ----------
    at_mm
        Where the beam strikes, relative to the axis, on the screen: x right, y up.
    polar_cells
        Number of cells from the normal to the outermost direction that counts. None is spent on the hole but one;
        the bands through which an edge of the detector passes as the azimuth turns have their own.
    azimuths
        Number of cells in azimuth; a multiple of 64 keeps the usual segment edges on cell edges.
    theta_edges
        Edges of the polar cells, rad, rising from 0 to less than π/2, in place of `polar_cells`: to have tables
        of several places on the same cells.

    Raises
    ------
    InputError
        Too few cells, or edges that do not rise.
    """
    found = flights(instrument, at_mm)
    if theta_edges is None:
        if polar_cells < 16:
            raise InputError(f"{polar_cells} polar cells are too few", where="polar_cells", cure="give 16 or more")
        theta_edges = polar_edges(instrument, at_mm, [flight for _, flight in found], polar_cells)
    elif theta_edges[0] < 0.0 or np.any(np.diff(theta_edges) <= 0.0) or theta_edges[-1] >= np.pi / 2.0:
        raise InputError("polar edges must rise from 0 to less than π/2", where="theta_edges")
    if azimuths < 8:
        raise InputError(f"{azimuths} azimuths are too few", where="azimuths", cure="give 8 or more")
    share = np.zeros((instrument.segments, azimuths, theta_edges.size - 1))
    for weight, flight in found:
        share += weight * shares(instrument, flight, theta_edges, azimuths)
    return Acceptance(theta_edges, azimuths, share.astype(np.float32))


def shares(instrument: Instrument, flight: Flight, theta_edges: F64, azimuths: int) -> F64:
    """Share of every cell that reaches every segment at one energy, [n, P, A]."""
    finer = 1 if instrument.detector.polygons_mm is None else _FINER_FOR_POLYGONS
    theta = np.interp(np.arange((theta_edges.size - 1) * finer + 1) / finer, np.arange(theta_edges.size), theta_edges)
    whole = theta <= flight.theta_top * (1.0 + 1e-12)
    phi = 2.0 * np.pi * np.arange(azimuths * finer) / (azimuths * finer)
    place = flight.at(np.minimum(theta, flight.theta_top), phi)
    share = np.stack([np.prod([coverage(edge) for edge in edges], axis=0) for edges in inside(instrument, place)])
    share = share * (whole[1:] & whole[:-1])
    return np.asarray(share.reshape(-1, azimuths, finer, theta_edges.size - 1, finer).mean((2, 4)))


def polar_edges(instrument: Instrument, at_mm: tuple[float, float], found: Sequence[Flight], cells: int) -> F64:
    """Polar edges: at the directions of the detector's nearest and farthest edges, evenly spaced in between."""
    inner, outer, _ = annulus_mm(instrument)
    aside = _SPARE * abs(complex(*at_mm) - complex(*detector_centre_mm(instrument)))
    radii = np.array([inner - aside, inner + aside, outer - aside, outer + aside])
    angles = np.concatenate([flight.polar_angle(np.maximum(radii, 0.0)) for flight in found])
    angles = np.sort(angles[angles > _SAME_RAD])
    bounds = np.concatenate([[0.0], angles[np.diff(angles, prepend=0.0) > _SAME_RAD]])
    hole = int(inner > aside)  # no electron counts that close to the normal, so one cell is enough
    counts = np.ones(bounds.size - 1, np.int64)
    width = np.diff(bounds)[hole:]
    share = np.maximum(width / width.sum() * (cells - hole), _FEWEST).astype(np.int64)
    share[np.argmax(share)] += max(cells - hole - share.sum(), _FEWEST - share.max())
    counts[hole:] = share
    spans = [np.linspace(a, b, n, endpoint=False) for a, b, n in zip(bounds, bounds[1:], counts, strict=False)]
    return np.concatenate([*spans, bounds[-1:]])
