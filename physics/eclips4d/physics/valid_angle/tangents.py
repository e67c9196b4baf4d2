"""Directions of emission that stand for the segments' area where a field bends what flies there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.valid_angle.area import area_nodes
from eclips4d.physics.valid_angle.directions import polar_edges, shares
from eclips4d.physics.valid_angle.flight import deflected
from eclips4d.physics.valid_angle.gap import Gap
from eclips4d.physics.valid_angle.landing import Landing
from eclips4d.physics.valid_angle.segments import annulus_mm, detector_centre_mm

F64 = NDArray[np.float64]
Nodes = tuple[F64, F64, F64]

_NODES = 24
_CELLS, _AZIMUTHS = 96, 192


def tangent_nodes(instrument: Instrument, gap: Gap, at_mm: tuple[float, float]) -> Nodes:
    """Tangents of directions (screen axes, y up) and the share of a flat spot's electrons each stands for.

    Where all of the detector is reached they lead to Gauss-Legendre nodes of its area. Where electrons turn back before
    its edge they are cells of directions.

    Parameters
    ----------
    at_mm
        Where the beam strikes, relative to the axis, on the screen: x right, y up.

    Returns
    -------
    x, y, weight : float64 [n, 1, nodes]
        Energy after energy.
    """
    start = complex(*at_mm) - complex(*detector_centre_mm(instrument))
    parts = []
    for share, landing in deflected(instrument, gap, start):
        whole = landing.farthest_mm > annulus_mm(instrument)[1] + 2.0 * abs(start)
        x, y, weight = _of_area(instrument, landing) if whole else _of_cells(instrument, at_mm, landing)
        parts.append((x, y, share * weight))
    x, y, weight = (np.concatenate(values, axis=-1)[:, None, :] for values in zip(*parts, strict=True))
    return x, y, weight


def _of_area(instrument: Instrument, landing: Landing) -> Nodes:
    x, y, area = area_nodes(instrument, detector_centre_mm(instrument), _NODES)
    tangent, measure = landing.directions((x + 1j * y).ravel())
    rows = (instrument.segments, -1)
    weight = area.ravel() * measure / np.pi
    return tangent.real.reshape(rows), tangent.imag.reshape(rows), weight.reshape(rows)


def _of_cells(instrument: Instrument, at_mm: tuple[float, float], landing: Landing) -> Nodes:
    edges = polar_edges(instrument, at_mm, [landing], _CELLS)
    share = shares(instrument, landing, edges, _AZIMUTHS)
    flat = np.diff(np.sin(edges) ** 2) / _AZIMUTHS  # of Lambert's law: the integral of cos·sin/π
    slope = np.diff(edges - np.sin(edges) * np.cos(edges)) / _AZIMUTHS  # and of sin²/π
    tangent = np.exp(2j * np.pi * (np.arange(_AZIMUTHS)[:, None] + 0.5) / _AZIMUTHS) * (slope / flat)
    weight = (share * flat).reshape(instrument.segments, -1)
    kept = weight.any(axis=0)
    tangents = np.broadcast_to(tangent.ravel()[kept], (instrument.segments, int(kept.sum())))
    return tangents.real.copy(), tangents.imag.copy(), weight[:, kept]
