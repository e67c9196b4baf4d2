"""A real indent with a model in the loop: each face read by a calibration on the other three, noise, and edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.physics.calibration.artefact import AXIS_SD_DEG
from eclips4d.physics.calibration.fit import Fit
from eclips4d.physics.calibration.known import fit_with_known
from eclips4d.physics.calibration.outcome import calibrated_instrument, settings
from eclips4d.physics.calibration.pyramid import MARGIN, Pyramid, find_pyramid, pyramid_cells
from eclips4d.pipeline.bench.networks.heights.edge_width import SIGMAS_10_90, edge_sigma, ridges
from eclips4d.pipeline.bench.networks.heights.models import CLOSED, judged
from eclips4d.pipeline.bench.one_face_out import FACE_DEG, one_face_out
from eclips4d.pipeline.bench.real_frames import one_frame
from eclips4d.pipeline.bench.rows import Row, at_most

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

ANGLES = "Vickers indent, real: each face by a calibration on the other three, the model in the loop"
NOISE = "Vickers indent, real: noise of a pixel's slope, and width of the edges between faces"
LEFT_OUT_BELOW_DEG, NOISE_BELOW = 0.35, 0.5
_FLAT = (2.0, 3.0)
"""In distances from apex to rim: flat, beyond what the indent has piled up, and lit alike."""
_TREND, _FAR = 3, 4.0


@dataclass(frozen=True, slots=True)
class Indent:
    """The frame and where the pyramid lies in it."""

    data: RawArray
    instrument: Instrument
    pyramid: Pyramid

    @property
    def shape(self) -> tuple[int, int]:
        """(y, x)."""
        return self.data.shape[1], self.data.shape[2]

    def faces(self, margin: float) -> Mask:
        """Faces without their edges, bool [4, y, x]."""
        return self.pyramid.faces(self.shape, _aspect(self.instrument), margin)

    def flat(self, within: float = np.inf) -> Mask:
        """Flat surroundings, as far as so many distances from apex to rim, bool [y, x]."""
        away = self.pyramid.distances(self.shape, _aspect(self.instrument))[0].max(axis=0) / self.pyramid.rim
        return np.asarray((away > _FLAT[0]) & (away < within))


def indent_rows(folder: Path, models: Sequence[str]) -> list[Row]:
    """Both tables, of the frame in `folder`."""
    seen = read_indent(folder)
    rows = [*by_medians(seen), *(row for name in (CLOSED, *models) for row in angle_rows(seen, name))]
    closed = slopes_on_all(seen, CLOSED)
    rows += noise_rows(seen, CLOSED, closed, closed)
    return rows + [row for name in models for row in noise_rows(seen, name, slopes_on_all(seen, name), closed)]


def read_indent(folder: Path) -> Indent:
    """Find the pyramid in the only frame of a folder."""
    data, instrument = one_frame(folder)
    return Indent(data, instrument, find_pyramid(np.asarray(data, dtype=np.float64), instrument))


def by_medians(seen: Indent) -> list[Row]:
    """Reference: faces read from the medians of their signals, by no pixel's slope."""
    out = one_face_out(seen.data, seen.instrument, depths=False)
    return [Row(ANGLES, "from the medians of each face's signals: rms from 22°, degrees", out.predicted_rms)]


def angle_rows(seen: Indent, name: str) -> list[Row]:
    """Four angles and their rms deviation."""
    angles = left_out_angles(seen, name)
    said, azimuths = _said(name), np.degrees(seen.pyramid.azimuths)
    rows = [Row(ANGLES, f"{said}: face at {a:.0f}°, degrees", v) for a, v in zip(azimuths, angles, strict=True)]
    rms = float(np.sqrt(np.mean((angles - FACE_DEG) ** 2)))
    bar = None if name == CLOSED else LEFT_OUT_BELOW_DEG
    return [*rows, at_most(ANGLES, f"{said}: rms from 22°, degrees", rms, bar)]


def left_out_angles(seen: Indent, name: str) -> F64:
    """Angle of each face to the flat around, its slopes inverted with a calibration that has not seen it; degrees."""
    cells = pyramid_cells(np.asarray(seen.data, dtype=np.float64), seen.instrument, seen.pyramid, np.radians(FACE_DEG))
    found = []
    for k, face in enumerate(seen.faces(MARGIN)):
        kept = np.ones(len(cells), bool)
        kept[k + 1] = False
        fit = fit_with_known(cells.only(kept), seen.instrument, float(np.radians(AXIS_SD_DEG)))
        slope = slopes_by(seen, fit, name)
        # The mean, not the median: it is what the height rises by, however noise and dirt spread over pixels.
        tilt = slope[:, face].mean(axis=1, dtype=np.float64) - _base(seen, slope, face)
        found.append(np.degrees(np.arctan(np.hypot(*tilt))))
    return np.array(found)


def slopes_on_all(seen: Indent, name: str) -> F32:
    """Slopes [2, y, x] by a calibration on all four faces."""
    raw = np.asarray(seen.data, dtype=np.float64)
    cells = pyramid_cells(raw, seen.instrument, seen.pyramid, np.radians(FACE_DEG))
    return slopes_by(seen, fit_with_known(cells, seen.instrument, float(np.radians(AXIS_SD_DEG))), name)


def slopes_by(seen: Indent, fit: Fit, name: str) -> F32:
    """Slopes [2, y, x] of the whole frame by this calibration."""
    known = calibrated_instrument(fit, seen.instrument, settings(fit, seen.instrument, "pyramid:22", 0.0))
    return judged(name, known).model(seen.data, estimate_calibration(seen.data, known)).slope


def noise_rows(seen: Indent, name: str, slope: F32, closed: F32) -> list[Row]:
    """Noise and width of edges, and that noise over the closed form's when a Gauss filter brings it to that width."""
    edges, said = ridges(seen.pyramid, seen.shape, _aspect(seen.instrument)), _said(name)
    sigma, noise = edge_sigma(slope, edges), noise_of(seen, slope)
    rows = [
        Row(NOISE, f"{said}: edges, 10–90 %, px", SIGMAS_10_90 * sigma),
        Row(NOISE, f"{said}: slope noise per pixel", noise),
    ]
    if name == CLOSED:
        return rows
    more = float(np.sqrt(max(sigma**2 - edge_sigma(closed, edges) ** 2, 0.0)))
    alike = np.stack([gaussian_filter(part, more) for part in closed]) if more else closed
    ratio = noise / noise_of(seen, alike)
    what = f"{said}: slope noise over the closed form's at the same edge width (filtered by {more:.2f} px)"
    return [*rows, at_most(NOISE, what, ratio, NOISE_BELOW)]


def noise_of(seen: Indent, slope: NDArray[np.floating]) -> float:
    """Sd of a pixel's slope on the four faces and the flat around, smooth trends taken out; dirt does not count."""
    regions = [*seen.faces(MARGIN), seen.flat(_FLAT[1])]
    variances = [_variance(np.asarray(part, dtype=np.float64), region) for part in slope for region in regions]
    return float(np.sqrt(np.mean(variances)))


def _variance(part: F64, region: Mask) -> float:
    """Of what a polynomial of third degree leaves; from the median deviation."""
    y, x = np.nonzero(region)
    u, v = (np.asarray(2.0 * (at - at.mean()) / np.ptp(at), dtype=np.float64) for at in (x, y))
    design = np.stack([u**i * v**j for i in range(_TREND + 1) for j in range(_TREND + 1 - i)], axis=1)
    left = part[region] - design @ _fitted(design, part[region])
    return float((1.4826 * np.median(np.abs(left))) ** 2)


def _base(seen: Indent, slope: F32, face: Mask) -> F64:
    """Slope of the flat, carried on to a face: what is left of the false dome is even and a plane across the field."""
    y, x = np.nonzero(seen.flat())
    design = np.stack([np.ones(len(x)), x, y], axis=1).astype(np.float64)
    rows, columns = np.nonzero(face)
    middle = np.array([1.0, columns.mean(), rows.mean()])
    return np.array([float(middle @ _fitted(design, np.asarray(part[y, x], dtype=np.float64))) for part in slope])


def _fitted(design: F64, values: F64) -> F64:
    """Coefficients of least squares without what lies far off (dirt, spikes); the design's first column is 1."""
    found = np.zeros(design.shape[1])
    found[0] = np.median(values)
    for _ in range(3):
        left = np.abs(values - design @ found)
        clean = left <= _FAR * 1.4826 * np.median(left)
        found = np.linalg.lstsq(design[clean], values[clean], rcond=None)[0]
    return found


def _aspect(instrument: Instrument) -> float:
    dx, dy = instrument.scan.pixel_size_xy_nm
    return dy / dx


def _said(name: str) -> str:
    return "closed form" if name == CLOSED else name
