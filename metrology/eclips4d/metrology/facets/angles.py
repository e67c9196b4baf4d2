"""Angles between facets: dihedral ones, and those of their traces and edges in the plane of the image or of a facet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eclips4d.metrology.facets.facet import Facet, Facets
from eclips4d.metrology.facets.propagate import Systematic, propagated
from eclips4d.metrology.facets.sphere import angle_rad, normals_of
from eclips4d.metrology.quantity import UNKNOWN, Quantity

F64 = NDArray[np.float64]

_FLAT = 0.02
"""A facet within so much (rad) of the plane of reference has no trace in it."""


def dihedral_angle(a: Facet, b: Facet, systematic: Systematic) -> Quantity:
    """Angle between two facets' normals, degrees; the angle inside a convex edge is 180° less it."""
    return propagated(lambda s: float(np.degrees(angle_rad(*normals_of(s)))), [a, b], systematic)


def in_plane_angle(a: Facet, b: Facet, systematic: Systematic, top: Facet | None = None) -> Quantity:
    """Angle, 0 to 180 degrees, between the traces of two facets.

    A trace is where a facet cuts a plane of reference; the angle is that between the facets' outward directions in it,
    so that neighbouring sides of a square have 90° and opposite ones 180°.

    Parameters
    ----------
    top
        The facet whose plane is the reference; the image plane when not given. With a reference of the same surface
        the angle does not depend on the level.
    """
    if min(_to_reference(f, top) for f in (a, b)) < _FLAT:
        return UNKNOWN
    facets = [a, b] if top is None else [a, b, top]
    return propagated(lambda s: _between_traces(normals_of(s)), facets, systematic)


def in_plane_angles(facets: Sequence[Facet], systematic: Systematic, top: Facet | None = None) -> pd.DataFrame:
    """In-plane angles of every two facets that have a trace.

    Returns
    -------
    pandas.DataFrame
        `a, b, in_plane_deg, random_u_deg, systematic_u_deg`.
    """
    return _paired(list(combinations(facets, 2)), lambda a, b: in_plane_angle(a, b, systematic, top), "in_plane_deg")


def dihedral_angles(facets: Facets, systematic: Systematic, least_border_px: int = 5) -> pd.DataFrame:
    """Dihedral angles of neighbours, with the direction on the screen of the edge that their planes make.

    Parameters
    ----------
    least_border_px
        Pixels that the label map shows two facets to share before they are neighbours.

    Returns
    -------
    pandas.DataFrame
        `a, b, border_px, dihedral_deg, random_u_deg, systematic_u_deg`, `edge_deg` (0 to 180, counter-clockwise from
        the right) with `edge_random_u_deg` and `edge_systematic_u_deg`.
    """
    shared = borders(facets.labels)
    by_number = {facet.number: facet for facet in facets.found}
    pairs = [(by_number[a], by_number[b]) for (a, b), n in shared.items() if n >= least_border_px]
    table = _paired(pairs, lambda a, b: dihedral_angle(a, b, systematic), "dihedral_deg")
    edges = [edge_azimuth(a, b, systematic) for a, b in pairs]
    table.insert(2, "border_px", [shared[a.number, b.number] for a, b in pairs])
    table["edge_deg"] = [edge.value for edge in edges]
    table["edge_random_u_deg"] = [edge.random_u for edge in edges]
    table["edge_systematic_u_deg"] = [edge.systematic_u for edge in edges]
    return table


def edge_azimuth(a: Facet, b: Facet, systematic: Systematic) -> Quantity:
    """Direction on the screen of the line in which two facets' planes meet, degrees from 0 to 180."""
    along = np.cross(a.normal, b.normal)
    if np.hypot(along[0], along[1]) < 1e-3:
        return UNKNOWN
    middle = float(np.degrees(np.arctan2(along[1], along[0])))

    def turned(s: F64) -> float:
        x, y, _ = np.cross(*normals_of(s))
        return float((np.degrees(np.arctan2(y, x)) - middle + 180.0) % 360.0 - 180.0)

    found = propagated(turned, [a, b], systematic)
    return Quantity(middle % 180.0, found.random_u, found.systematic_u)


def borders(labels: NDArray[np.int32]) -> dict[tuple[int, int], int]:
    """How many pixels every two labels share a side along, the smaller number first; 0 is no label."""
    pairs = np.concatenate(
        [
            np.stack([labels[:, 1:], labels[:, :-1]], -1).reshape(-1, 2),
            np.stack([labels[1:], labels[:-1]], -1).reshape(-1, 2),
        ]
    )
    pairs = np.sort(pairs[(pairs[:, 0] != pairs[:, 1]) & (pairs > 0).all(axis=1)], axis=1)
    found, counts = np.unique(pairs, axis=0, return_counts=True)
    return {(int(a), int(b)): int(n) for (a, b), n in zip(found, counts, strict=True)}


def _to_reference(facet: Facet, top: Facet | None) -> float:
    up = np.array([0.0, 0.0, 1.0]) if top is None else top.normal
    return float(angle_rad(facet.normal, up))


def _between_traces(normals: F64) -> float:
    up = normals[2] if len(normals) > 2 else np.array([0.0, 0.0, 1.0])
    a, b = (n - (n @ up) * up for n in normals[:2])
    return float(np.degrees(angle_rad(a / np.linalg.norm(a), b / np.linalg.norm(b))))


def _paired(pairs: list[tuple[Facet, Facet]], of: Callable[[Facet, Facet], Quantity], name: str) -> pd.DataFrame:
    found = [of(a, b) for a, b in pairs]
    return pd.DataFrame(
        {
            "a": [a.number for a, _ in pairs],
            "b": [b.number for _, b in pairs],
            name: [q.value for q in found],
            "random_u_deg": [q.random_u for q in found],
            "systematic_u_deg": [q.systematic_u for q in found],
        }
    )
