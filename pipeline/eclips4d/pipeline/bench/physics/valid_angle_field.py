"""Validation of the potential and of the flights through it: closed forms with the order in which errors fall."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import j0

from eclips4d.physics.valid_angle.electrons import REST_ENERGY_EV
from eclips4d.physics.valid_angle.flight_table import field_of
from eclips4d.physics.valid_angle.gap import Gap
from eclips4d.physics.valid_angle.interpolant import Interpolant, interpolant
from eclips4d.physics.valid_angle.laplace import solve_laplace
from eclips4d.physics.valid_angle.mesh import graded_axis
from eclips4d.physics.valid_angle.trajectories import fly
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

POTENTIAL = "Valid angle: the potential against closed forms"
FLIGHTS = "Valid angle: flights"
CELLS = (16, 32, 64)
HEIGHT_MM = 6.0
BEAM_EV = 1e4


def potential_rows() -> list[Row]:
    """Errors relative to the largest potential, and orders of convergence."""
    plates = _plates()
    found = [at_most(POTENTIAL, "parallel plates (linear, so exact but for rounding): error", plates, 1e-12)]
    for name, errors, expected in (
        ("coaxial cylinders", _coaxial(), 2.0),
        ("Bessel field between walls", _bessel(), 2.0),
        ("leak through a hole in a plane, 0.3 radii off the rim", _hole(), None),
    ):
        found.append(Row(POTENTIAL, f"{name}: error with {CELLS[-1]} cells", errors[-1]))
        for cells, order in zip(CELLS, np.log2(errors[:-1] / errors[1:]), strict=False):
            what = f"{name}: order from {cells} to {2 * cells} cells"
            if expected is None:
                found.append(Row(POTENTIAL, what, float(order)))
            else:
                found.append(Row(POTENTIAL, what, float(order), "2 ± 0.1", abs(order - expected) <= 0.1))
    return found


def flight_rows() -> list[Row]:
    """Landing places against closed forms, and energy along the flights."""
    theta = np.radians(np.linspace(1.0, 60.0, 60))
    found = []
    for share in (0.05, -0.05, 0.2, -0.2):
        landing, _ = _flown(_uniform(share * BEAM_EV), theta)
        off = np.abs(np.abs(landing) / closed_form(share, theta) - 1.0).max()
        found.append(at_most(FLIGHTS, f"uniform field, U/E = {share:+.0%}: landing radius, relative", float(off), 1e-7))
    landing, _ = _flown(_uniform(0.0), theta)
    off = np.abs(np.abs(landing) / (HEIGHT_MM * np.tan(theta)) - 1.0).max()
    found.append(at_most(FLIGHTS, "no field: landing radius against straight lines, relative", float(off), 1e-11))
    for volts in (500.0, -500.0):
        field = field_of(Gap(HEIGHT_MM, 1.75, 7.0, 7.0, 1.75, volts, 0.0))
        _, error = _flown(field, theta, energy_ev=2.5e3, start=0.2, rest_ev=REST_ENERGY_EV)
        found.append(at_most(FLIGHTS, f"detector at {volts:+g} V, 2.5 keV: change of total energy", error, 1e-6))
    return found


def closed_form(share: float, theta: F64) -> F64:
    """Landing radius in a uniform field, mm; `share` = U/E, U accelerating."""
    cosine = np.cos(theta)
    return np.asarray(2.0 * HEIGHT_MM / share * np.sin(theta) * (np.sqrt(cosine**2 + share) - cosine))


def _flown(
    field: Interpolant, theta: F64, *, energy_ev: float = BEAM_EV, start: float = 0.0, rest_ev: float = np.inf
) -> tuple[NDArray[np.complex128], float]:
    landing, _, error = fly(
        field, energy_ev, start, theta, np.full(theta.size, 0.4), HEIGHT_MM, np.empty((theta.size, 0, 3)), rest_ev
    )
    return landing, float(error.max())


def _uniform(volts: float) -> Interpolant:
    r, z = np.linspace(0.0, 100.0, 9), np.linspace(0.0, HEIGHT_MM, 5)
    return interpolant(r, z, np.tile(volts * z / HEIGHT_MM, (r.size, 1)))


def _error(r: F64, z: F64, exact: F64, fixed: NDArray[np.bool_], counted: NDArray[np.bool_] | None = None) -> float:
    off = np.abs(solve_laplace(r, z, fixed, np.where(fixed, exact, 0.0)) - exact)
    return float(off[counted].max() if counted is not None else off.max())


def _plates() -> float:
    r, z = graded_axis((0.0, 3.0), 12), graded_axis((0.0, 1.0, HEIGHT_MM), 9)
    _, height = np.meshgrid(r, z, indexing="ij")
    return _error(r, z, height / HEIGHT_MM, (height == 0.0) | (height == HEIGHT_MM))


def _coaxial() -> F64:
    errors = []
    for cells in CELLS:
        r, z = graded_axis((1.0, 5.0), cells), graded_axis((0.0, 1.0), 3)
        radius, _ = np.meshgrid(r, z, indexing="ij")
        errors.append(_error(r, z, np.log(radius) / np.log(5.0), (radius == 1.0) | (radius == 5.0)))
    return np.array(errors)


def _bessel() -> F64:
    errors = []
    for cells in CELLS:
        r, z = graded_axis((0.0, 1.0, 3.0), cells), graded_axis((0.0, 2.0), cells)
        radius, height = np.meshgrid(r, z, indexing="ij")
        exact = j0(2.0 * radius) * np.sinh(2.0 * height) / np.sinh(4.0)
        errors.append(_error(r, z, exact, (height == 0.0) | (height == 2.0) | (radius == 3.0)))
    return np.array(errors)


def _hole() -> F64:
    errors = []
    for cells in CELLS:
        r, z = graded_axis((0.0, 1.0, 4.0), cells), graded_axis((-4.0, 0.0, 4.0), cells)
        radius, height = np.meshgrid(r, z, indexing="ij")
        fixed = (radius == 4.0) | (np.abs(height) == 4.0) | ((height == 0.0) & (radius >= 1.0))
        errors.append(_error(r, z, _leak(radius, height), fixed, np.hypot(radius - 1.0, height) > 0.3))
    return np.array(errors)


def _leak(radius: F64, height: F64) -> F64:
    """1 V/mm below a grounded plane with a hole of radius 1 mm, none above (Jackson, section 3.13)."""
    shift = height**2 + radius**2 - 1.0
    root = np.hypot(shift, 2.0 * height)
    above = np.where(height == 0.0, 1.0, root + shift)  # 0 in the hole, where the arc tangent is multiplied by 0
    around = np.abs(height) * np.arctan(np.sqrt(2.0 / above))
    return np.asarray(np.minimum(height, 0.0) - (np.sqrt(np.maximum(root - shift, 0.0) / 2.0) - around) / np.pi)
