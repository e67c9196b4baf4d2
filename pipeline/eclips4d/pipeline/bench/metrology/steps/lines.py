"""Lines along the flow of a scene that pass its particles at a distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.profiles.line import Line

F64 = NDArray[np.float64]

_TRIED = 61


def clear_lines(size_nm: float, flow_deg: float, particles: F64, width_nm: float, count: int = 2) -> list[Line]:
    """Lines through a square field, the farthest from all particles first, not overlapping each other.

    Parameters
    ----------
    size_nm
        Side of the field whose origin is the first pixel.
    flow_deg
        Direction on the screen, counter-clockwise from right.
    particles
        x, y (from the field's middle), height, radius: float64 [n, 4].
    width_nm
        Of the lines.
    """
    angle = np.radians(flow_deg)
    unit, aside = np.array([np.cos(angle), -np.sin(angle)]), np.array([np.sin(angle), np.cos(angle)])
    half = 0.5 * size_nm - width_nm
    tried = []
    for offset in np.linspace(-0.45, 0.45, _TRIED) * size_nm:
        inside = _inside(offset * aside, unit, half)
        if inside is None or inside[1] - inside[0] < 0.55 * size_nm:
            continue
        distance = np.abs(particles[:, :2] @ aside - offset) - 3.0 * particles[:, 3]
        along = particles[:, :2] @ unit
        near = distance[(along > inside[0] - width_nm) & (along < inside[1] + width_nm)]
        tried.append((float(near.min(initial=size_nm)), offset, inside))
    chosen: list[tuple[float, tuple[float, float]]] = []
    for _, offset, inside in sorted(tried, key=lambda entry: -entry[0]):
        if len(chosen) < count and all(abs(offset - other) > width_nm for other, _ in chosen):
            chosen.append((offset, inside))
    return [_line(offset * aside, unit, inside, 0.5 * size_nm) for offset, inside in chosen]


def _inside(start: F64, unit: F64, half: float) -> tuple[float, float] | None:
    """From where to where a line lies in a square about the origin."""
    low, high = -np.inf, np.inf
    for k in (0, 1):
        if abs(unit[k]) < 1e-9:
            if abs(start[k]) > half:
                return None
            continue
        ends = sorted(((-half - start[k]) / unit[k], (half - start[k]) / unit[k]))
        low, high = max(low, ends[0]), min(high, ends[1])
    return (float(low), float(high)) if high > low else None


def _line(start: F64, unit: F64, inside: tuple[float, float], half: float) -> Line:
    (ax, ay), (bx, by) = (start + end * unit + half for end in inside)
    return (float(ax), float(ay)), (float(bx), float(by))
