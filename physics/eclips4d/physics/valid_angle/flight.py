"""How electrons fly from one place in the field to the detector: straight, or through a field at several energies."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.physics.valid_angle import gap as electrodes
from eclips4d.physics.valid_angle.cache import Arrays, cached
from eclips4d.physics.valid_angle.electrons import flight_energies
from eclips4d.physics.valid_angle.flight_table import AZIMUTHS, POLAR, STARTS, LandingTable, field_of, fly_table
from eclips4d.physics.valid_angle.gap import Gap, gap_of
from eclips4d.physics.valid_angle.landing import Landing, landing_from
from eclips4d.physics.valid_angle.segments import detector_centre_mm

F64 = NDArray[np.float64]
C128 = NDArray[np.complex128]

_METHOD = 3
"""Part of the cache's fingerprint: raise it when the same numbers would come out differently."""
_REACH_MM = 0.25


class Flight(Protocol):
    """Where directions lead, and which directions lead to a place; mm about the detector's centre."""

    @property
    def theta_top(self) -> float:
        """Largest polar angle that can reach the detector, rad."""

    def at(self, theta: F64, phi: F64) -> C128:
        """Landing places for azimuths phi [P] and polar angles theta [A], complex128 [P, A]."""

    def polar_angle(self, radius: F64) -> F64:
        """Polar angle of electrons that fly this far along the plane."""


@dataclass(frozen=True, slots=True)
class Straight:
    """Flight without a field.

    Attributes
    ----------
    start : complex128
        Place of emission, mm about the detector's centre.
    height : float64
        Of the detector plane, mm.
    """

    start: complex
    height: float

    @property
    def theta_top(self) -> float:
        """Just short of a right angle, where the tangent ends."""
        return np.pi / 2.0 - 1e-9

    def at(self, theta: F64, phi: F64) -> C128:
        """Landing places for azimuths phi [P] and polar angles theta [A], complex128 [P, A]."""
        return np.asarray(self.start + self.height * np.tan(theta) * np.exp(1j * phi)[:, None])

    def polar_angle(self, radius: F64) -> F64:
        """Polar angle of electrons that fly this far along the plane."""
        return np.asarray(np.arctan2(radius, self.height))


def flights(instrument: Instrument, at_mm: tuple[float, float] = (0.0, 0.0)) -> list[tuple[float, Flight]]:
    """Flights from one place in the field, each with its share of the electrons; one straight one without a field.

    The field is taken to be symmetric about the detector's centre, whose edges make it uneven.

    Parameters
    ----------
    at_mm
        Where the beam strikes, relative to the axis, on the screen: x right, y up.
    """
    start = complex(*at_mm) - complex(*detector_centre_mm(instrument))
    gap = gap_of(instrument)
    if gap is None:
        return [(1.0, Straight(start, instrument.detector.height_mm))]
    return list(deflected(instrument, gap, start))


def deflected(instrument: Instrument, gap: Gap, start: complex) -> list[tuple[float, Landing]]:
    """Flights through a field from a place about the detector's centre, without energies that do not reach it.

    Raises
    ------
    InputError
        No electron gets through to the detector.
    """
    energies, weights = flight_energies(instrument)
    reach = _REACH_MM * 2.0 ** max(0, int(np.ceil(np.log2(max(abs(start), 1e-9) / _REACH_MM))))
    tables = landing_tables(gap, tuple(float(e) for e in energies), reach)
    pairs = zip(weights, tables, strict=True)
    read = [(float(weight), landing_from(table, start)) for weight, table in pairs if table.theta_top > 0.0]
    found = [(weight, landing) for weight, landing in read if landing.farthest_mm + abs(start) > gap.inner]
    if not found:
        raise InputError(
            f"no electron of a {instrument.beam.energy_kev:g} keV beam reaches a detector at {gap.detector_v:g} V",
            where="electrodes.detector_v",
            cure="hold the electrons back with less than their own energy",
        )
    return found


@lru_cache(maxsize=8)
def landing_tables(gap: Gap, energies_ev: tuple[float, ...], reach: float) -> tuple[LandingTable, ...]:
    """Tables for several energies, from the disk where they have been computed before."""
    made_from = {
        "method": _METHOD,
        "nodes": [STARTS, AZIMUTHS, POLAR, electrodes.CELLS],
        "gap": asdict(gap),
        "energies_ev": energies_ev,
        "reach_mm": reach,
    }

    def compute() -> Arrays:
        field = field_of(gap)
        tables = [fly_table(field, gap, energy, reach) for energy in energies_ev]
        return {
            "theta_top": np.array([table.theta_top for table in tables]),
            "flight": np.stack([table.flight for table in tables]),
            "energy_error": np.array([table.energy_error for table in tables]),
        }

    found = cached("valid-angle", made_from, ("theta_top", "flight", "energy_error"), compute)
    rows = zip(found["theta_top"].real, found["flight"], found["energy_error"].real, strict=True)
    return tuple(LandingTable(float(top), reach, flight.astype(complex), float(error)) for top, flight, error in rows)
