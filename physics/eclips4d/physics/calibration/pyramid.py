"""A four-sided pyramid, indent or bump, found in a frame: its faces, and what each segment shows on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.physics.calibration.cells import Cells
from eclips4d.physics.calibration.flat_field import FlatField, fit_flat_field
from eclips4d.physics.detector import segment_response

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

MARGIN = 0.1
"""Share of the distance from apex to rim that is kept free on every side of a face: blur, ridges, pile-up."""
_LEAST_MARGIN_PX, _LEAST_RIM_PX = 2.0, 12.0
_SURROUNDINGS = (2.0, 1.6, 1.3, 1.12)
"""What lies farther from the base than as many rims is taken as flat: the first of these that leaves enough of the
image, for pile-up ends where it likes."""
_ENOUGH = 0.25
_BLOCKS = 4
"""A face is cut into as many strips in both directions; their scatter is its uncertainty."""


@dataclass(frozen=True, slots=True)
class Pyramid:
    """Where it lies.

    Attributes
    ----------
    row, column : float
        The apex.
    azimuth : float
        Of the first face's normal as seen from the apex, rad on the screen; the others follow every 90°.
    rim : float
        Distance from the apex to the rim, at the middle of a face, px of the mean pixel size.
    indent : bool
        Faces rise away from the apex.
    """

    row: float
    column: float
    azimuth: float
    rim: float
    indent: bool

    @property
    def azimuths(self) -> F64:
        """Direction from the apex to the middle of each face, rad, float64 [4]."""
        return np.asarray(self.azimuth + np.pi / 2.0 * np.arange(4))

    def slopes(self, angle: float) -> F64:
        """dh/dx, dh/dy of the faces, array axes, float64 [4, 2], for faces of `angle` rad."""
        rise = np.tan(angle) * (1.0 if self.indent else -1.0)
        return np.column_stack([rise * np.cos(self.azimuths), -rise * np.sin(self.azimuths)])

    def distances(self, shape: tuple[int, int], aspect: float) -> tuple[F64, F64]:
        """Every pixel's distance from the apex along each face's axis, and across it, px, float64 [4, y, x]."""
        y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
        right, up = (x - self.column), -(y - self.row) * aspect
        cos, sin = np.cos(self.azimuths)[:, None, None], np.sin(self.azimuths)[:, None, None]
        return right * cos + up * sin, up * cos - right * sin

    def faces(self, shape: tuple[int, int], aspect: float, margin: float = MARGIN) -> Mask:
        """The faces without their edges, bool [4, y, x]."""
        along, across = self.distances(shape, aspect)
        free = max(margin * self.rim, _LEAST_MARGIN_PX)
        return np.asarray(
            ((along - np.abs(across)) / np.sqrt(2.0) > free) & (along < self.rim - free) & (along > 1.5 * free)
        )


def find_pyramid(raw: F64, instrument: Instrument) -> Pyramid:
    """Find the largest pyramid.

    Parameters
    ----------
    raw
        [n, y, x]; a mean over frames will do.

    Raises
    ------
    InputError
        There are no four steep regions that face in four directions 90° apart.
    """
    slope = rough_slopes(raw, instrument)
    blur = max(1.5, min(raw.shape[1:]) / 250.0)
    p, q = (gaussian_filter(part, blur) for part in slope)
    steepness = np.hypot(p, q)
    noise = 1.4826 * np.median(np.abs(steepness - np.median(steepness)))
    steep = steepness > max(0.5 * np.percentile(steepness, 99.7), 4.0 * noise)
    sectors, phase = _directions(p, q, steep)
    row, column, extent, indent = _where(p, q, steep, sectors)
    aspect = instrument.scan.pixel_size_xy_nm[1] / instrument.scan.pixel_size_xy_nm[0]
    rough = Pyramid(row, column, phase, extent, indent)
    placed = _placed(np.stack([p, q]), rough, aspect)
    return _with_rim(np.stack([p, q]), placed, aspect)


def rough_slopes(raw: F64, instrument: Instrument) -> F64:
    """Slopes up to a common factor, [2, y, x]: dark levels and contrast unknown, gains from the median signal."""
    response = segment_response(instrument)
    level = np.median(raw, axis=(1, 2))
    signal = raw / level[:, None, None] * response.flat[:, None, None]
    inverse = np.linalg.pinv(response.matrix)
    u, up, uq = np.einsum("ik,kyx->iyx", inverse, signal)
    u = np.maximum(u, 0.05 * np.median(u))
    return np.stack([up / u, uq / u])


def pyramid_cells(raw: F64, instrument: Instrument, pyramid: Pyramid, angle: float, margin: float = MARGIN) -> Cells:
    """The flat surroundings and the four faces.

    Medians, which saturated pixels and dirt do not move; each over the flat signal at its place, so the false dome of
    a large field drops out.

    Raises
    ------
    InputError
        A face is saturated, or too small, or nothing around the pyramid is flat.
    """
    shape = (raw.shape[1], raw.shape[2])
    aspect = instrument.scan.pixel_size_xy_nm[1] / instrument.scan.pixel_size_xy_nm[0]
    along, across = pyramid.distances(shape, aspect)
    field = surroundings(raw, instrument, pyramid)
    centre = field.at(np.array((shape[0] - 1) / 2.0), np.array((shape[1] - 1) / 2.0))
    signals, sds, counts = [centre], [1e-3 * centre], [raw[0].size]
    for k, mask in enumerate(pyramid.faces(shape, aspect, margin)):
        ratio = _ratios(raw, field.at(*np.nonzero(mask)), mask)
        _check_face(ratio, raw, mask, k)
        value = np.median(ratio, axis=1)
        signals.append(value * centre)
        sds.append(_scatter(ratio, along[k][mask], across[k][mask]) * centre)
        counts.append(int(mask.sum()))
    slope = np.vstack([np.zeros((1, 2)), pyramid.slopes(angle)])
    return Cells(
        signal=np.array(signals),
        sd=np.array(sds),
        slope=slope,
        flat=np.ones((5, len(raw))),
        pixels=np.array(counts),
        common=np.zeros(5),
    )


def surroundings(raw: F64, instrument: Instrument, pyramid: Pyramid) -> FlatField:
    """What the flat around the pyramid shows.

    Raises
    ------
    InputError
        There is too little of it.
    """
    aspect = instrument.scan.pixel_size_xy_nm[1] / instrument.scan.pixel_size_xy_nm[0]
    along, _ = pyramid.distances((raw.shape[1], raw.shape[2]), aspect)
    away = along.max(axis=0) / pyramid.rim
    for least in _SURROUNDINGS:
        field = fit_flat_field(raw, away > least)
        if field is not None and ((away > least).mean() > _ENOUGH or least == _SURROUNDINGS[-1]):
            return field
    raise InputError("nothing flat around the pyramid", cure="image it with flat surroundings")


def _ratios(raw: F64, flat: F64, mask: Mask) -> F64:
    return np.asarray(raw[:, mask] / flat)


def _check_face(ratio: F64, raw: F64, mask: Mask, k: int) -> None:
    if ratio.shape[1] < 16:
        raise InputError(f"face {k + 1} has {ratio.shape[1]} pixels", cure="image the pyramid larger")
    brightest = raw.max(axis=(1, 2))
    clipped = (raw[:, mask] >= brightest[:, None]).mean(axis=1)
    if clipped.max() > 0.45:
        raise InputError(
            f"{clipped.max():.0%} of face {k + 1} is saturated in segment {int(clipped.argmax())}",
            cure="lower contrast or brightness and image it again",
        )


def _scatter(ratio: F64, along: F64, across: F64) -> F64:
    """Sd of a face's median, from the scatter of the medians of its parts: texture counts, not noise alone."""
    cut = [np.quantile(v, np.linspace(0, 1, _BLOCKS + 1)[1:-1]) for v in (along, across)]
    part = np.searchsorted(cut[0], along) * _BLOCKS + np.searchsorted(cut[1], across)
    medians = [np.median(ratio[:, part == i], axis=1) for i in np.unique(part) if (part == i).sum() >= 4]
    return np.asarray(np.std(medians, axis=0, ddof=1) / np.sqrt(len(medians)))


def _directions(p: F64, q: F64, steep: Mask) -> tuple[F64, float]:
    """Uphill azimuth of every pixel, and the commonest one modulo 90°, rad on the screen."""
    azimuth = np.arctan2(-q, p)
    if steep.sum() < 50:
        raise InputError("no pyramid is seen", cure="check the artefact's name, or image it larger")
    phase = float(np.angle(np.exp(4j * azimuth[steep]).mean()) / 4.0)
    return azimuth, phase


def _where(p: F64, q: F64, steep: Mask, azimuth: F64) -> tuple[float, float, float, bool]:
    """Centre, half width, and whether uphill points outward."""
    rows, columns = np.nonzero(steep)
    row, column = float(np.median(rows)), float(np.median(columns))
    near = np.hypot(rows - row, columns - column) < 2.5 * np.sqrt(steep.sum() / np.pi)
    rows, columns = rows[near], columns[near]
    row, column = float(rows.mean()), float(columns.mean())
    right, up = columns - column, -(rows - row)
    outward = right * np.cos(azimuth[rows, columns]) + up * np.sin(azimuth[rows, columns])
    extent = np.sqrt(len(rows)) / 2.0
    if abs(np.sign(outward).mean()) < 0.3 or extent < _LEAST_RIM_PX:
        raise InputError("the steep places are no pyramid", cure="check the artefact's name, or image it larger")
    return row, column, float(extent), bool(outward.mean() > 0.0)


def _placed(slope: F64, rough: Pyramid, aspect: float) -> Pyramid:
    """Apex and rotation with which the four faces are most alike within themselves."""
    shape = (slope.shape[1], slope.shape[2])
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    near = np.hypot(x - rough.column, (y - rough.row) * aspect) < 0.8 * rough.rim
    step = max(1, int(np.sqrt(near.sum() / 20_000)))
    near &= (np.arange(shape[0]) % step == 0)[:, None] & (np.arange(shape[1]) % step == 0)
    at, values = np.nonzero(near), slope[:, near]

    def spread(v: F64) -> float:
        right, up = at[1] - v[1], -(at[0] - v[0]) * aspect
        face = np.floor((np.arctan2(up, right) - v[2]) / (np.pi / 2.0) + 0.5).astype(int) % 4
        total = 0.0
        for k in range(4):
            inside = values[:, face == k]
            if inside.shape[1]:
                total += float(np.abs(inside - np.median(inside, axis=1, keepdims=True)).sum())
        return total

    start = np.array([rough.row, rough.column, rough.azimuth])
    size = np.array([0.15 * rough.rim, 0.15 * rough.rim, np.radians(6.0)])
    for _ in range(3):
        simplex = np.vstack([start, start + np.diag(size)])
        found = minimize(spread, start, method="Nelder-Mead", options={"initial_simplex": simplex, "xatol": 0.01})
        start, size = found.x, size / 2.0
    return Pyramid(float(start[0]), float(start[1]), float(start[2]), rough.rim, rough.indent)


def _with_rim(slope: F64, placed: Pyramid, aspect: float) -> Pyramid:
    """The distance at which the mean outward slope has fallen to half of the faces'."""
    along, across = placed.distances((slope.shape[1], slope.shape[2]), aspect)
    bins = np.arange(0.0, 2.5 * placed.rim)
    outward = []
    for k, azimuth in enumerate(placed.azimuths):
        strip = (np.abs(across[k]) < 0.5 * along[k]) & (along[k] < bins[-1])
        rise = (slope[0] * np.cos(azimuth) - slope[1] * np.sin(azimuth))[strip]
        index = along[k][strip].astype(int)
        count = np.maximum(np.bincount(index, minlength=len(bins)), 1)
        outward.append(np.bincount(index, rise, minlength=len(bins)) / count)
    mean = np.abs(np.mean(outward, axis=0))
    top = np.median(mean[int(0.3 * placed.rim) : max(int(0.7 * placed.rim), int(0.3 * placed.rim) + 1)])
    below = np.nonzero((mean < 0.5 * top) & (bins > 0.5 * placed.rim))[0]
    rim = float(bins[below[0]]) if len(below) else placed.rim
    return Pyramid(placed.row, placed.column, placed.azimuth, rim, placed.indent)
