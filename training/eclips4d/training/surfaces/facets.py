"""Facets: pyramids and frusta, ridges and grooves, half spaces, triangulated ground; edges sharp or rounded."""

from __future__ import annotations

import math

import numpy as np
from scipy.spatial import Delaunay

from eclips4d.training.surfaces.draws import chance, direction, jittered, log_uniform, log_uniforms, scattered
from eclips4d.training.surfaces.fields import smooth_field
from eclips4d.training.surfaces.limits import rounded
from eclips4d.training.surfaces.polyhedra import polyhedra, triangles
from eclips4d.training.surfaces.surface import F64, Canvas, Relief

FACE_DEG = 0.5, 60.0
STEEP_DEG = 20.0, 55.0
"""Two faces in three lie here: facets of cubic crystals, hardness indents, etch pits."""
ROUNDED_PX = 0.2, 4.0
"""Extent of a rounded edge; its running means are half as wide each."""


def facets(rng: np.random.Generator, canvas: Canvas) -> Relief:
    """One of the kinds, upside down or not, its edges rounded or not."""
    kind = _KINDS[int(rng.choice(len(_KINDS), p=_SHARES))]
    relief = kind(rng, canvas)
    height = relief.height if chance(rng, 0.6) else -relief.height
    if chance(rng, 0.5):
        height = rounded(height, log_uniform(rng, *ROUNDED_PX), canvas.pitch)
    return Relief(height, relief.region)


def face_slopes(rng: np.random.Generator, count: int) -> F64:
    """Slopes of faces: all of one crystal alike, or each its own."""
    alike = chance(rng, 0.5)
    drawn = 1 if alike else count
    steep = rng.random(drawn) < 0.6
    degrees = np.where(steep, rng.uniform(*STEEP_DEG, drawn), log_uniforms(rng, *FACE_DEG, drawn))
    return np.asarray(np.broadcast_to(np.tan(np.radians(degrees)), count)).copy()


def pyramids(rng: np.random.Generator, canvas: Canvas) -> Relief:
    """Pyramids and frusta of three to eight sides, scattered or packed, oriented alike or not."""
    sides = int(rng.choice([3, 4, 6, 8], p=[0.2, 0.5, 0.2, 0.1]))
    size = log_uniform(rng, 5.0, 0.5 * canvas.extent)
    count = int(np.clip(log_uniform(rng, 0.2, 4.0) * canvas.shape[0] * canvas.shape[1] / size**2, 1, 400))
    at = scattered(rng, canvas, count, 0.3 * size) if count > 1 else scattered(rng, canvas, 1, -0.2 * canvas.extent)
    slope = np.broadcast_to(_side_slopes(rng, count, sides), (count, sides))
    radius = 0.5 * size * log_uniforms(rng, 0.5, 1.0, count)
    # Sides are not all as far from the middle: most crystals are longer one way.
    foot = radius[:, None] * (rng.uniform(0.6, 1.0, (count, sides)) if chance(rng, 0.5) else np.ones((count, sides)))
    turn = np.full(count, direction(rng)) if chance(rng, 0.6) else rng.uniform(0.0, 2.0 * np.pi, count)
    angle = turn[:, None] + 2.0 * np.pi * np.arange(sides) / sides
    planes = np.stack([-slope * np.cos(angle), -slope * np.sin(angle), slope * foot], -1)
    top = np.min(slope * foot, axis=1) * (rng.uniform(0.1, 1.0) if chance(rng, 0.5) else 1e3)
    # No corner of a polygon is farther than its longest foot over cos(pi / sides).
    reach = radius / math.cos(math.pi / sides)
    height, face = polyhedra(canvas, at, planes, top, reach)
    return Relief(height, face)


def _side_slopes(rng: np.random.Generator, count: int, sides: int) -> F64:
    """All sides of all alike, or sides and pyramids that differ by up to a third."""
    slope = face_slopes(rng, 1)
    if chance(rng, 0.3):
        slope = slope * log_uniforms(rng, 0.65, 1.0, sides)
    return slope * log_uniforms(rng, 0.65, 1.0, count)[:, None] if chance(rng, 0.3) else slope


def ridges(rng: np.random.Generator, canvas: Canvas) -> Relief:
    """Ridges, V-grooves and trapezoids along a straight or bent direction."""
    down, up = face_slopes(rng, 2)
    period = log_uniform(rng, 6.0, 150.0)
    phase = canvas.along(direction(rng)) + np.float32(period * rng.random())
    if chance(rng, 0.5):
        length = log_uniform(rng, 20.0, 150.0)
        phase = phase + np.float32(length * rng.uniform(0.02, 0.3)) * smooth_field(rng, canvas, length)
    # Up over a share of the period and down over the rest: both meet at the same height.
    share = np.float32(down / (up + down))
    at = np.mod(phase, np.float32(period))
    height = np.minimum(np.float32(up) * at, np.float32(down) * (np.float32(period) - at))
    crest = float(up) * float(share) * period
    low, high = sorted(rng.uniform(0.0, 1.0, 2)) if chance(rng, 0.5) else (0.0, 1.0)
    return Relief(np.asarray(np.clip(height, low * crest, high * crest)), (at < share * period).astype(np.int32))


def half_spaces(rng: np.random.Generator, canvas: Canvas) -> Relief:
    """Some large faces that cut one another."""
    count = int(rng.integers(2, 13))
    slope, angle = face_slopes(rng, count), rng.uniform(0.0, 2.0 * np.pi, count)
    at = scattered(rng, canvas, count, 0.0)
    height = np.full(canvas.points, np.inf, np.float32)
    face = np.zeros(canvas.points, np.int32)
    reach = rng.uniform(0.0, 0.4) * canvas.extent
    for k in range(count):
        g_x, g_y = slope[k] * math.cos(angle[k]), slope[k] * math.sin(angle[k])
        aside = slope[k] * reach - g_x * at[k, 0] - g_y * at[k, 1]
        plane = np.float32(g_x) * canvas.x + np.float32(g_y) * canvas.y + np.float32(aside)
        below = plane < height
        height = np.where(below, plane, height)
        face[below] = k
    return Relief(height, face)


def triangulated(rng: np.random.Generator, canvas: Canvas) -> Relief:
    """Ground of random triangles, each a plane."""
    spacing = log_uniform(rng, 8.0, 100.0)
    corner = jittered(rng, canvas, spacing, rng.uniform(0.2, 0.6), 2.0 * spacing)
    value = rng.standard_normal(len(corner)) * spacing * 0.5 * float(face_slopes(rng, 1)[0])
    index = Delaunay(corner).simplices.astype(np.int32)
    height, number = triangles(canvas, corner, value, index)
    return Relief(height, number)


def terraced(rng: np.random.Generator, canvas: Canvas) -> Relief:
    """Triangulated ground that flat levels cut off: plateaus and basins with faces between them."""
    relief = triangulated(rng, canvas)
    spread = float(np.std(relief.height))
    low, high = -rng.uniform(0.0, 1.5) * spread, rng.uniform(0.0, 1.5) * spread
    return Relief(np.clip(relief.height, np.float32(low), np.float32(high)), relief.region)


_KINDS = (pyramids, ridges, half_spaces, triangulated, terraced)
_SHARES = (0.4, 0.2, 0.12, 0.18, 0.1)
