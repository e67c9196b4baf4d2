"""The false dome of a flat surface: what it says about distance and centre of the detector.

Away from the field's centre the detector is not seen as from there. A flat surface then reads slopes that grow linearly
with the place, `-b·x/distance`, whatever the gains: gains take a constant away, not a ramp.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from eclips4d.core.instrument import Instrument
from eclips4d.physics.calibration.flat_field import FlatField
from eclips4d.physics.calibration.parameters import Parameters
from eclips4d.physics.detector import segment_response
from eclips4d.physics.field import response_field

F64 = NDArray[np.float64]

_PLACES = (9, 13)
_WITHIN = 0.9
"""Share of the field that is looked at: polynomials are loose at the very edge."""
_CENTRE_PRIOR = 0.5
"""Sd of the centre beforehand, mm."""


@dataclass(frozen=True, slots=True)
class Dome:
    """False slopes of the flat surroundings, and the detector they point to.

    Attributes
    ----------
    ramp : (float, float)
        Change of the read dh/dx per mm along x, of dh/dy along y.
    distance_mm, distance_u : float
        Specimen to detector with which they follow from the take-off angles or radii that the file says.
    seen : bool
        Whether the images themselves fix the distance to a tenth.
    centre_mm, centre_u : (float, float)
        Detector's centre on the screen, x right, y up.
    """

    ramp: tuple[float, float]
    distance_mm: float
    distance_u: float
    centre_mm: tuple[float, float]
    centre_u: tuple[float, float]
    seen: bool


def read_ramp(field: FlatField, parameters: Parameters, instrument: Instrument) -> tuple[float, float]:
    """Least-squares ramp of the slopes that a flat surface reads, per mm along x and y."""
    places, right, up = _places(field, instrument)
    flat = field.at(places[0], places[1])
    middle = flat.mean(axis=1, keepdims=True)
    return _ramps(flat / middle - 1.0, _response(parameters, instrument), right, up)


def calculated_ramp(instrument: Instrument, shape: tuple[int, int]) -> tuple[float, float]:
    """The same from geometry alone: Lambert's law, the file's distance and radii, nothing fitted."""
    places, right, up = _places(FlatField(np.zeros((1, 1)), 0.0, shape), instrument)
    response = segment_response(instrument)
    flat = _calculated(instrument, places, shape)
    matrix = np.column_stack([np.ones(response.segments), -response.contrast / response.flat[:, None]])
    return _ramps(flat / flat.mean(axis=1, keepdims=True) - 1.0, matrix, right, up)


def fit_dome(field: FlatField, parameters: Parameters, instrument: Instrument, share_u: float = 0.0) -> Dome:
    """Distance and centre with which the flat surroundings' signals are met, the yield of every place left free.

    The radii that the file says are kept; take-off angles where it says none.

    Parameters
    ----------
    share_u
        Relative uncertainty of the signal above dark, which the distance is proportional to.
    """
    places, _, _ = _places(field, instrument)
    share = (parameters.gain / parameters.level)[:, None]
    measured = field.at(places[0], places[1])
    measured = measured / measured.mean(axis=1, keepdims=True)
    null = np.linalg.svd(share.T)[2][1:]  # combinations of segments that a common yield does not change

    def misfit(v: F64) -> F64:
        flat = _calculated(_moved(instrument, v), places, field.shape)
        model = 1.0 + share * (flat / flat.mean(axis=1, keepdims=True) - 1.0)
        return np.asarray((null @ (measured - model)).ravel())

    at, sd, found = np.zeros(3), 1.0, None
    for _ in range(3):
        sd = float(np.sqrt(np.mean(misfit(at) ** 2))) + 1e-9

        def weighted(v: F64, sd: float = sd) -> F64:
            return np.concatenate([misfit(v) / sd, v[1:] / _CENTRE_PRIOR])

        found = least_squares(weighted, at)
        at = found.x
    assert found is not None, "three rounds"
    u = np.sqrt(np.diag(np.linalg.inv(found.jac.T @ found.jac)))
    distance = instrument.detector.height_mm * float(np.exp(at[0]))
    return Dome(
        ramp=read_ramp(field, parameters, instrument),
        distance_mm=distance,
        distance_u=float(distance * np.hypot(u[0], share_u)),
        centre_mm=(float(at[1]), float(at[2])),
        centre_u=(float(u[1]), float(u[2])),
        seen=bool(u[0] < 0.1),
    )


def _moved(instrument: Instrument, v: F64) -> Instrument:
    """The instrument with ln(distance over the stated one) and the centre on the screen of the vector."""
    detector = instrument.detector
    turn = np.radians(instrument.scan.rotation_deg)
    x, y = v[1] * np.cos(turn) - v[2] * np.sin(turn), v[1] * np.sin(turn) + v[2] * np.cos(turn)
    update = {"distance_mm": detector.height_mm * float(np.exp(v[0])), "offset_mm": (float(x), float(y))}
    return instrument.model_copy(update={"detector": detector.model_copy(update=update)})


def _places(field: FlatField, instrument: Instrument) -> tuple[F64, F64, F64]:
    """Rows and columns of a grid of places, and where they are on the screen, mm, x right and y up."""
    rows, columns = field.shape
    y, x = (_WITHIN * np.linspace(-0.5, 0.5, count) for count in _PLACES)
    row, column = (grid.ravel() for grid in np.meshgrid(y * rows, x * columns, indexing="ij"))
    dx, dy = np.asarray(instrument.scan.pixel_size_xy_nm) * 1e-6
    at = np.stack([row + (rows - 1) / 2.0, column + (columns - 1) / 2.0])
    return at, column * dx, -row * dy


def _calculated(instrument: Instrument, places: F64, shape: tuple[int, int]) -> F64:
    """Flat signals at these rows and columns, float64 [n, places]."""
    exact = response_field(instrument, shape).coefficients[:, 0]
    y, x = (2.0 * at / (count - 1) - 1.0 for at, count in zip(places, shape, strict=True))
    powers_y, powers_x = np.vander(y, exact.shape[1], increasing=True), np.vander(x, exact.shape[2], increasing=True)
    return np.asarray(np.einsum("pb,pa,kba->kp", powers_y, powers_x, exact))


def _ramps(relative: F64, matrix: F64, right: F64, up: F64) -> tuple[float, float]:
    """From relative signals to slopes by the linear law, and their straight lines over the place."""
    _, p, q = np.linalg.pinv(matrix) @ relative
    along = np.column_stack([np.ones_like(right), right, -up])
    fits = np.linalg.lstsq(along, np.column_stack([p, q]), rcond=None)[0]
    return float(fits[1, 0]), float(fits[2, 1])


def _response(parameters: Parameters, instrument: Instrument) -> F64:
    """Relative change of each raw signal with yield, dh/dx and dh/dy, as fitted, float64 [n, 3]."""
    nominal = segment_response(instrument)
    contrast = nominal.contrast / nominal.flat[:, None]
    cos, sin = np.cos(parameters.turn), np.sin(parameters.turn)
    turned = np.column_stack([contrast[:, 0] * cos + contrast[:, 1] * sin, contrast[:, 1] * cos - contrast[:, 0] * sin])
    share = (parameters.gain / parameters.level)[:, None]
    return np.column_stack([share, -share * parameters.law.scale * turned])
