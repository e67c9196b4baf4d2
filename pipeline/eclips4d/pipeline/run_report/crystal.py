"""Of which crystal facets are taken to be planes: what `--lattice` and `--planes` say."""

from __future__ import annotations

import math
from dataclasses import dataclass

from eclips4d.core.errors import InputError
from eclips4d.metrology.facets.lattice import CUBIC, Lattice, Planes, planes_of, symmetries

KINDS = "cubic, tetragonal:C/A, hexagonal:C/A, A,B,C,ALPHA,BETA,GAMMA, or a material"
CUBIC_MATERIALS = ("Ag", "Al", "Au", "Cu", "Cu2O", "Fe", "Ge", "MgO", "NaCl", "Ni", "Pd", "Pt", "Rh", "Si", "W")
AXIAL_RATIOS = {"Co": 1.623, "Mg": 1.624, "Ru": 1.582, "Ti": 1.587, "Zn": 1.856, "Zr": 1.593}
"""Hexagonal metals at room temperature: c over a."""
_CUBE, _HEXAGON = 48, 24
_USUAL = {_CUBE: ("100", "110", "111"), _HEXAGON: ("001", "100", "101")}
"""Families by the lattice's number of symmetries; of a hexagonal one: basal, prism and pyramid."""
_OTHERS = ("001", "100", "010", "110", "101", "011")


@dataclass(frozen=True, slots=True, eq=False)
class Crystal:
    """Planes that facets may be, and of what: `words`, such as `cubic crystal`."""

    words: str
    planes: Planes


def parse_crystal(lattice: str | None = None, planes: str | None = None) -> Crystal:
    """What `--lattice` and `--planes` say; cubic with its low-index planes where they say nothing.

    Parameters
    ----------
    lattice
        `cubic`, `tetragonal:C/A`, `hexagonal:C/A`, six numbers (lengths in any unit, angles in degrees), or a material.
    planes
        Families, three indices each, parted by commas: `100,110,223`; with blanks where one is negative: `1 -1 0`.

    Raises
    ------
    InputError
        No lattice, or no plane.
    """
    words, cell = ("cubic crystal", CUBIC) if lattice is None else _lattice(lattice)
    families = _usual(cell) if planes is None else tuple(part.strip() for part in planes.split(","))
    try:
        return Crystal(words, planes_of(families, cell))
    except InputError as error:
        raise InputError(
            error.what, where="--planes", cure="give three indices each, such as 100,110,1 -1 1"
        ) from error


def _lattice(said: str) -> tuple[str, Lattice]:
    kind, _, ratio = said.partition(":")
    if kind == "cubic" and not ratio:
        return "cubic crystal", CUBIC
    if kind in ("tetragonal", "hexagonal"):
        return f"{kind} crystal", _axial(kind, _numbers(ratio, said)[:1], said)
    if said in CUBIC_MATERIALS:
        return f"cubic crystal ({said})", CUBIC
    if said in AXIAL_RATIOS:
        return f"hexagonal crystal ({said})", _axial("hexagonal", [AXIAL_RATIOS[said]], said)
    cell = _numbers(said, said)
    if len(cell) != 6 or min(cell) <= 0.0 or max(cell[3:]) >= 180.0 or not _closes(cell[3:]):
        raise _none(said)
    return f"crystal of cell {said}", Lattice((cell[0], cell[1], cell[2]), (cell[3], cell[4], cell[5]))


def _axial(kind: str, ratio: list[float], said: str) -> Lattice:
    if not ratio or not 0.1 < ratio[0] < 10.0:
        raise _none(said)
    return Lattice((1.0, 1.0, ratio[0]), (90.0, 90.0, 120.0 if kind == "hexagonal" else 90.0))


def _closes(angles_deg: list[float]) -> bool:
    """Whether three angles can be those of a cell: its volume squared is positive."""
    a, b, c = (math.cos(math.radians(angle)) for angle in angles_deg)
    return 1.0 + 2.0 * a * b * c - a * a - b * b - c * c > 1e-9


def _numbers(text: str, said: str) -> list[float]:
    try:
        found = [float(word) for word in text.split(",")]
    except ValueError:
        raise _none(said) from None
    if not all(map(math.isfinite, found)):
        raise _none(said)
    return found


def _none(said: str) -> InputError:
    known = ", ".join((*CUBIC_MATERIALS, *AXIAL_RATIOS))
    return InputError(f"{said!r} is no lattice", where="--lattice", cure=f"give {KINDS} ({known})")


def _usual(lattice: Lattice) -> tuple[str, ...]:
    return _USUAL.get(len(symmetries(lattice)), _OTHERS)
