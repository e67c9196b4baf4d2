"""Facets of cubic crystals: which planes bound an island that lies on a given face, at their exact angles."""

from __future__ import annotations

from itertools import product
from typing import Literal

import numpy as np

from eclips4d.physics.scenes.scene import FloatArray

Face = Literal["100", "110", "111"]

_FACES: dict[Face, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "100": ((0, 0, 1), (1, 0, 0)),
    "110": ((1, 1, 0), (0, 0, 1)),
    "111": ((1, 1, 1), (1, -1, 0)),
}
"""Face that lies up, and the direction in it that the orientation is counted from."""


def family(face: Face) -> FloatArray:
    """All unit normals of a family of planes, [n, 3]."""
    pattern = sorted(int(digit) for digit in face)
    normals = [n for n in product((-1, 0, 1), repeat=3) if sorted(abs(i) for i in n) == pattern]
    return np.asarray(np.array(normals) / np.sqrt(sum(pattern)))


def facets(top: Face, family_face: Face) -> FloatArray:
    """Unit normals that point upwards when `top` lies up, in a frame (along, aside, up), [n, 3]; sides only."""
    up, along = (np.array(v) / np.linalg.norm(v) for v in _FACES[top])
    frame = np.stack([along, np.cross(up, along), up])
    normals = family(family_face) @ frame.T
    return np.asarray(normals[(normals[:, 2] > 1e-9) & (normals[:, 2] < 1.0 - 1e-9)])


def inclination_deg(normals: FloatArray) -> FloatArray:
    """Angle of each facet to the top."""
    return np.asarray(np.degrees(np.arccos(np.clip(normals[:, 2], -1.0, 1.0))))
