"""Segments to slopes in closed form: exact for Lambert emission without shadows of others, steep facets corrected.

Works for any three or more segments of whatever opening, gap and offset. The unknown yield drops out as a ratio of
signals. The classical model integrates these slopes; networks start from them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.inference.clipped import filled
from eclips4d.inference.horizon import HorizonTable, TiltLaw, horizon_table
from eclips4d.inference.kernel import invert
from eclips4d.inference.lag import take_back
from eclips4d.inference.tilt_response import TiltTable, contrast_ratio, second_harmonic, tilt_table
from eclips4d.physics.detector import annulus_mm, segment_response
from eclips4d.physics.facet import steepest_unclipped
from eclips4d.physics.field import response_field

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClosedForm:
    """What the segments of one frame say pixel by pixel.

    Attributes
    ----------
    slope : float32 [2, y, x]
        dh/dx, dh/dy.
    slope_sd : float32 [y, x]
        Standard deviation of one component's noise (rms over the two), independent from pixel to pixel.
    brightness : float32 [y, x]
        Local yield over its median.
    residual : float32 [y, x]
        sqrt(chi²/dof); NaN for three segments.
    trust : uint8 [y, x]
        0-100.
    """

    slope: F32
    slope_sd: F32
    brightness: F32
    residual: F32
    trust: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Geometry:
    """What depends on the image's shape alone: the design matrix along each row and at the centre."""

    rows: F64
    centre: F64
    x_unit: F32


@dataclass(frozen=True, slots=True)
class _Steep:
    """Contrast that changes with tilt, and the facet's own horizon; None where there is nothing to correct."""

    tilts: TiltTable | None
    horizon: HorizonTable | None

    def apply(self, slope: F32, slope_sd: F32) -> None:
        """In place, each slope once: the horizon's table takes what is read beyond its start, the other what is below.

        Where contrast falls with tilt, what the horizon's table gives lies beyond that start, so it goes first; where
        contrast rises, what the other gives stays below it.
        """
        rises = self.horizon is not None and self.horizon.rises
        if self.tilts is not None and rises:
            self.tilts.apply(slope, slope_sd, self.horizon)
        if self.horizon is not None:
            self.horizon.apply(slope, slope_sd)
        if self.tilts is not None and not rises:
            self.tilts.apply(slope, slope_sd, self.horizon)


@dataclass(frozen=True)
class ClosedFormSlopes:
    """Least squares in (u, u·dh/dx, u·dh/dy), weighted for the noise; then steep facets are corrected.

    Calling it is pure: the same frame and calibration give the same bits in every process.

    Attributes
    ----------
    horizon
        Correction for facets that hide part of the detector from themselves.
    without_lag
        Whether the amplifier's lag is taken back, which the noise tells; see `eclips4d.inference.lag`.
    fill_clipped
        Whether clipped values are filled for means over their surroundings; see `eclips4d.inference.clipped`.
    afterwards
        Last of all, changes slopes in place by what a run has shown; see `eclips4d.inference.finetune`.
    """

    instrument: Instrument
    horizon: HorizonTable | None = None
    without_lag: bool = False
    fill_clipped: bool = False
    afterwards: Callable[[F32, Calibration], None] | None = None
    _known: dict[tuple[int, int], _Geometry] = field(default_factory=dict, repr=False, compare=False)
    _tilts: dict[tuple[tuple[float, ...], ...], _Steep] = field(default_factory=dict, repr=False, compare=False)

    def __call__(self, data: RawArray, calibration: Calibration) -> ClosedForm:
        """Slopes of one frame, `data[segment, y, x]`.

        Raises
        ------
        InputError
            Its number of segments is not the calibration's.
        """
        if data.ndim != 3 or len(data) != len(calibration.gain):
            raise InputError(
                f"a frame of shape {data.shape} does not fit a calibration of {len(calibration.gain)} segments"
            )
        geometry = self._geometry_of((data.shape[1], data.shape[2]))
        room = filled(data, calibration) if self.fill_clipped else None
        found = _solve(*(room or (data, calibration)), geometry)
        if room is not None:
            found.trust[(data == np.iinfo(data.dtype).max).any(axis=0)] = 0
        if any(_is_dead(segment) for segment in data):
            found.trust[:] = 0
        if self.without_lag:
            take_back(found.slope, found.slope_sd, found.brightness, calibration.lag_memory)
        self._steep(calibration).apply(found.slope, found.slope_sd)
        if self.afterwards is not None:
            self.afterwards(found.slope, calibration)
        return found

    def of_rows(self, first: int, stop: int, shape: tuple[int, int]) -> ClosedFormSlopes:
        """The same for the rows from `first` to `stop` of images of that shape, each as the detector sees it."""
        whole = self._geometry_of(shape)
        part = _Geometry(whole.rows[first:stop], whole.centre, whole.x_unit)
        return replace(self, _known={(stop - first, shape[1]): part})

    def at_centre(self, data: RawArray, calibration: Calibration) -> F32:
        """Slopes of K pixels that all lie at the field's centre, `data[segment, K]`; float32 [2, K].

        Neither the lag nor clipped values are looked after.
        """
        centre = replace(self._geometry_of((1, 1)), x_unit=np.zeros(data.shape[1], np.float32))
        found = _solve(data[:, None], calibration, centre)
        self._steep(calibration).apply(found.slope, found.slope_sd)
        return found.slope[:, 0]

    def _geometry_of(self, shape: tuple[int, int]) -> _Geometry:
        return self._known.get(shape) or self._known.setdefault(shape, _geometry(self.instrument, shape))

    def correlation_px(self, calibration: Calibration) -> float:
        """Correlation length along x of the noise that is left in the slopes."""
        return 1.0 if self.without_lag and calibration.lag_memory > 0.0 else calibration.noise_correlation_px

    @property
    def clip_slope(self) -> float:
        """Slope from which a facet hides part of the detector from itself."""
        return float(steepest_unclipped(self.instrument))

    def _steep(self, calibration: Calibration) -> _Steep:
        """What corrects steep slopes under this calibration, made once."""
        harmonics = (*calibration.second_harmonic, calibration.third_harmonic)
        law = (calibration.contrast_tilt_deg, calibration.contrast_ratio, harmonics)
        return self._tilts.get(law) or self._tilts.setdefault(law, _steep(self.instrument, self.horizon, calibration))


def _steep(instrument: Instrument, horizon: HorizonTable | None, calibration: Calibration) -> _Steep:
    tilts = tilt_table(calibration)
    if tilts is None:
        return _Steep(None, horizon)
    if horizon is None and not (calibration.third_harmonic or any(calibration.second_harmonic)):
        return _Steep(tilts, None)
    return _Steep(tilts, horizon_table(instrument, facet_law(instrument, calibration)))


def facet_law(instrument: Instrument, calibration: Calibration) -> TiltLaw | None:
    """How contrast changes with tilt by this calibration; None where it is the same at all tilts."""
    if tilt_table(calibration) is None:
        return None
    nominal = segment_response(instrument)
    ratio, second = partial(contrast_ratio, calibration), partial(second_harmonic, calibration)
    scale = float(np.hypot(*np.transpose(calibration.contrast)).sum() / np.hypot(*nominal.contrast.T).sum())
    return TiltLaw(scale, ratio, second, calibration.third_harmonic)


def _solve(data: RawArray, calibration: Calibration, geometry: _Geometry) -> ClosedForm:
    """Every pixel by itself, without corrections for steep facets."""
    rows, columns = data.shape[1:]
    design, centre = calibrated_rows(calibration, geometry.rows, geometry.centre)
    gain, dark, floor, slope_of_variance = (
        np.asarray(values, dtype=np.float64)
        for values in (
            calibration.gain,
            calibration.offset_adu,
            calibration.noise_floor_adu2,
            calibration.noise_slope_adu,
        )
    )
    # Signals in units of a typical noise sd keep every product of the 3 × 3 solution far from float32's limits.
    typical = np.maximum(data[:, ::16, ::16].mean(axis=(1, 2)) - dark, 1.0)
    unit = float(np.sqrt(np.mean((floor + slope_of_variance * typical) / gain**2)))
    plane = (rows, columns)
    found = ClosedForm(
        slope=np.empty((2, *plane), np.float32),
        slope_sd=np.empty(plane, np.float32),
        brightness=np.empty(plane, np.float32),
        residual=np.empty(plane, np.float32),
        trust=np.empty(plane, np.uint8),
    )
    invert(
        np.ascontiguousarray(data),
        dark.astype(np.float32),
        (1.0 / (gain * unit)).astype(np.float32),
        (floor / (gain * unit) ** 2).astype(np.float32),
        (slope_of_variance / (gain * unit)).astype(np.float32),
        np.float32(np.iinfo(data.dtype).max),
        np.ascontiguousarray(design, dtype=np.float32),
        geometry.x_unit,
        np.linalg.pinv(centre).astype(np.float32),
        found.slope,
        found.slope_sd,
        found.brightness,
        found.residual,
        found.trust,
    )
    typical_brightness = max(float(np.median(found.brightness[::8, ::8])), 1e-12)
    np.multiply(found.brightness, np.float32(1.0 / typical_brightness), out=found.brightness)
    return found


def _is_dead(segment: RawArray) -> bool:
    """The same everywhere: a segment whose signal does not arrive, whatever its level. A few rows tell most others."""
    first = segment.flat[0]
    return segment.size > 1 and bool((segment[::64] == first).all()) and bool((segment == first).all())


def calibrated_rows(calibration: Calibration, rows: F64, centre: F64) -> tuple[F64, F64]:
    """The design matrix per row, and at the centre, with the calibration's response in place of the nominal one.

    The flat signal scales; the contrast is shifted, both by what the calibration differs at the field's centre. The
    overall scale is set by the mean flat signal being 1.
    """
    flat, contrast = np.asarray(calibration.flat), np.asarray(calibration.contrast)
    ratio = flat / centre[:, 0]
    design = rows * ratio[:, None, None]
    design[:, :, 1:, 0] += -contrast - centre[:, 1:] * ratio[:, None]
    exact = np.column_stack([flat, -contrast])
    return design / flat.mean(), exact / flat.mean()


def _geometry(instrument: Instrument, shape: tuple[int, int]) -> _Geometry:
    place = response_field(instrument, shape)
    return _Geometry(
        rows=place.rows(),
        centre=place.coefficients[:, :, 0, 0].copy(),
        x_unit=place.x.astype(np.float32),
    )


def closed_form_slopes(
    instrument: Instrument, *, without_lag: bool = False, fill_clipped: bool = False
) -> ClosedFormSlopes:
    """For frames of this instrument.

    Steep facets are corrected for their own horizon only where the detector's radii are known: with nominal radii the
    slope scale is open, and with it the angle at which the horizon begins to matter.
    """
    horizon = horizon_table(instrument) if annulus_mm(instrument)[2] else None
    return ClosedFormSlopes(instrument, horizon, without_lag, fill_clipped)
