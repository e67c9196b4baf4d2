"""Planes of a crystal lattice: families of equivalent {hkl} and their normals, by the metric tensor of any lattice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError

F64 = NDArray[np.float64]
Index = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Lattice:
    """A lattice by its cell; lengths in any unit, only their ratios matter for angles.

    Attributes
    ----------
    lengths : (float, float, float)
        a, b, c.
    angles_deg : (float, float, float)
        alpha, beta, gamma.
    """

    lengths: tuple[float, float, float] = (1.0, 1.0, 1.0)
    angles_deg: tuple[float, float, float] = (90.0, 90.0, 90.0)

    @property
    def metric(self) -> F64:
        """Metric tensor [3, 3]: products of the cell's vectors."""
        a, b, c = self.lengths
        alpha, beta, gamma = np.cos(np.radians(self.angles_deg))
        return np.array(
            [
                [a * a, a * b * gamma, a * c * beta],
                [a * b * gamma, b * b, b * c * alpha],
                [a * c * beta, b * c * alpha, c * c],
            ]
        )

    @property
    def reciprocal(self) -> F64:
        """Rows: reciprocal vectors on the crystal's Cartesian axes, x along a, z normal to a and b."""
        return np.asarray(np.linalg.inv(np.linalg.cholesky(self.metric)).T)

    def normal(self, hkl: Index) -> F64:
        """Unit normal [3] of a plane on the crystal's Cartesian axes."""
        vector = np.asarray(hkl, np.float64) @ self.reciprocal
        return np.asarray(vector / np.linalg.norm(vector))


CUBIC = Lattice()


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """Planes that facets may be.

    Attributes
    ----------
    names : tuple of str
        Of the families, such as `{110}`.
    family : int64 [plane]
        Index into `names`.
    hkl : int64 [plane, 3]
    normals : float64 [plane, 3]
        Outward, on the crystal's Cartesian axes.
    """

    names: tuple[str, ...]
    family: NDArray[np.int64]
    hkl: NDArray[np.int64]
    normals: F64

    def __len__(self) -> int:
        return len(self.family)

    def label(self, plane: int) -> str:
        """A plane's indices in words: `(1 -1 0)`."""
        return "({} {} {})".format(*self.hkl[plane])


def planes_of(families: tuple[str, ...] = ("100", "110", "111"), lattice: Lattice = CUBIC) -> Planes:
    """All planes of some families.

    Parameters
    ----------
    families
        Indices: `111`, `{223}`, or apart where they have signs or two digits: `1 -1 0`.
    lattice
        Its symmetry decides what is equivalent.

    Raises
    ------
    InputError
        What is no triple of indices.
    """
    names, family, hkl = [], [], []
    for k, text in enumerate(families):
        first = parse_indices(text)
        equivalent = _family(lattice, first)
        names.append("{" + ("" if all(0 <= i < 10 for i in first) else " ").join(map(str, first)) + "}")
        family += [k] * len(equivalent)
        hkl += equivalent
    normals = np.array([lattice.normal(index) for index in hkl])
    return Planes(tuple(names), np.array(family), np.array(hkl), normals)


def parse_indices(text: str) -> Index:
    """Indices from `111`, `{1 -1 0}`, `(1,1,0)`."""
    inner = text.strip().strip("{}()[]").strip()
    parts = re.split(r"[\s,]+", inner) if re.search(r"[\s,]", inner) else re.findall(r"-?\d", inner)
    try:
        h, k, last = (int(part) for part in parts)
    except ValueError:
        raise InputError(f"{text!r} is no plane", cure="write three indices, such as 111 or 1,-1,0") from None
    if not (h or k or last):
        raise InputError(f"{text!r} is no plane", cure="one of its indices must differ from 0")
    return h, k, last


@lru_cache(maxsize=32)
def symmetries(lattice: Lattice) -> NDArray[np.int64]:
    """Integer matrices [n, 3, 3] that turn the lattice into itself: they keep its metric tensor (48 for a cube).

    The lattice's own symmetry, which may be higher than the crystal's. The cell must be a reduced one, so that
    entries beyond -1, 0, 1 are not needed.
    """
    every = np.array(list(product((-1, 0, 1), repeat=9)), dtype=np.int64).reshape(-1, 3, 3)
    metric = lattice.metric
    turned = np.einsum("nji,jk,nkl->nil", every, metric, every)
    return np.asarray(every[np.abs(turned - metric).max(axis=(1, 2)) < 1e-6 * np.abs(metric).max()])


def _family(lattice: Lattice, hkl: Index) -> list[Index]:
    # Plane indices transform as row vectors.
    images = np.unique(np.asarray(hkl) @ symmetries(lattice), axis=0)
    return [(int(image[0]), int(image[1]), int(image[2])) for image in images[::-1]]
