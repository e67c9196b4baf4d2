"""What the user calls an artefact, and the way from its frames to a calibrated instrument."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from eclips4d.core.calibration_settings import CalibrationSettings
from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.physics.calibration.cells import Cells
from eclips4d.physics.calibration.dome import Dome, fit_dome
from eclips4d.physics.calibration.fit import Fit
from eclips4d.physics.calibration.from_relief import fit_relief
from eclips4d.physics.calibration.grating import GratingFit, fit_grating
from eclips4d.physics.calibration.known import fit_with_known
from eclips4d.physics.calibration.outcome import calibrated_instrument, settings, spread
from eclips4d.physics.calibration.pyramid import find_pyramid, pyramid_cells, surroundings
from eclips4d.physics.calibration.relief import relief
from eclips4d.physics.calibration.sphere import find_cap

F64 = NDArray[np.float64]
Kind: TypeAlias = Literal["pyramid", "sphere", "grating", "height"]

MOST_FRAMES = 4
"""Of a longer recording only the first ones are used: more change no uncertainty that counts."""
FACE_U_DEG, AXIS_SD_DEG = 0.25, 0.1
"""How well faces of real pyramids keep to their angle, and their axes to the normal of the flat around."""
_SPHERE_U, _MAP_U = 0.005, 0.01
"""Relative uncertainty of slopes: of a sphere's radius, and of a map whose resolution is not the image's (on recordings
with truth the scale came out up to 0.9 % off)."""
_PITCH_U = 0.005
"""And of a grating's pitch, where no certificate says better."""
_KINDS = "pyramid:DEGREES, sphere:RADIUS_NM, grating:PITCH_NM or height:FILE.npz"


@dataclass(frozen=True, slots=True)
class Artefact:
    """Kind, and face angle in degrees, radius or pitch in nm, or the file of a height map."""

    kind: Kind
    size: float
    file: Path | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.file.name if self.file else format(self.size, 'g')}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A calibrated instrument and what it rests on; a grating leaves no fit of signals, the others none of the scan."""

    instrument: Instrument
    fit: Fit | None = None
    grating: GratingFit | None = None
    dome: Dome | None = None
    notes: tuple[str, ...] = ()

    @property
    def section(self) -> CalibrationSettings:
        """The `[calibration]` section."""
        assert self.instrument.calibration is not None, "every outcome has one"
        return self.instrument.calibration


def parse_artefact(text: str) -> Artefact:
    """Read `pyramid:22`, `sphere:500`, `grating:1000` or `height:map.npz`.

    Raises
    ------
    InputError
        Anything else.
    """
    kind, _, value = text.partition(":")
    if kind == "height" and value:
        return Artefact("height", 0.0, Path(value))
    if kind in ("pyramid", "sphere", "grating"):
        try:
            size = float(value)
        except ValueError:
            size = math.nan
        if math.isfinite(size) and size > 0 and (kind != "pyramid" or 1.0 <= size <= 65.0):
            return Artefact(kind, size)  # type: ignore[arg-type]
    raise InputError(f"no artefact {text!r}", where="--artefact", cure=f"say {_KINDS}")


def calibrate_on(
    frames: Sequence[RawArray], instrument: Instrument, artefact: Artefact, side: Mapping[str, float] | None = None
) -> Outcome:
    """Fit everything the artefact can tell.

    Parameters
    ----------
    frames
        [n, y, x] each; the first few are used.
    side
        Side values of the first frame: amplifier settings among them are noted.

    Raises
    ------
    InputError
        The artefact is not seen, or its file cannot be used.
    """
    used = list(frames[:MOST_FRAMES])
    notes: tuple[str, ...] = ()
    dome: Dome | None = None
    if artefact.kind == "grating":
        return _from_grating(used, instrument, artefact)
    bare = instrument.model_copy(update={"calibration": None})
    if artefact.kind == "pyramid":
        fit, dome = _from_pyramid(used, bare, math.radians(artefact.size))
        notes = _dome_notes(dome)
        own_u = math.radians(FACE_U_DEG) / (
            math.sin(math.radians(artefact.size)) * math.cos(math.radians(artefact.size))
        )
    else:
        fit, notes = _from_surface(used, bare, artefact)
        own_u = _SPHERE_U if artefact.kind == "sphere" else _MAP_U
    section = settings(fit, bare, str(artefact), own_u)
    valid = section.valid.model_copy(update={"side": bare.valid_for(side).side})
    given = instrument.calibration
    section = section.model_copy(
        update={
            "valid": valid,
            "fingerprint": _fingerprint(used, instrument, artefact),
            "gas": given.gas if given else None,
            "pixel_scale": given.pixel_scale if given else None,
            "pixel_scale_u": given.pixel_scale_u if given else None,
        }
    )
    return Outcome(_with_distance(calibrated_instrument(fit, bare, section), dome), fit, dome=dome, notes=notes)


def _from_pyramid(frames: list[RawArray], instrument: Instrument, angle: float) -> tuple[Fit, Dome]:
    each, field = [], None
    for frame in frames:
        raw = np.asarray(frame, dtype=np.float64)
        pyramid = find_pyramid(raw, instrument)
        each.append(pyramid_cells(raw, instrument, pyramid, angle))
        field = field or surroundings(raw, instrument, pyramid)
    assert field is not None, "there is a frame"
    fit = fit_with_known(_mean_cells(each), instrument, math.radians(AXIS_SD_DEG))
    return fit, fit_dome(field, fit.parameters, instrument, spread(fit).dark_shift)


def _dome_notes(dome: Dome) -> tuple[str, ...]:
    if not dome.seen:
        return ("the field is too small for the false dome to tell the detector's distance",)
    (x, y), (ux, uy) = dome.centre_mm, dome.centre_u
    return (
        f"the false dome of the flat around points to a detector {dome.distance_mm:.2f} ± {dome.distance_u:.2g} mm "
        f"above the specimen, its centre at ({x:.2f} ± {ux:.2g}, {y:.2f} ± {uy:.2g}) mm, x right, y up",
    )


def _with_distance(instrument: Instrument, dome: Dome | None) -> Instrument:
    """With the distance from the dome, where only a working distance and no radii were known."""
    detector = instrument.detector
    if dome is None or not dome.seen or detector.distance_mm is not None or detector.outer_radius_mm is not None:
        return instrument
    distance = {"distance_mm": float(f"{dome.distance_mm:.4g}")}
    return instrument.model_copy(update={"detector": detector.model_copy(update=distance)})


def _mean_cells(each: list[Cells]) -> Cells:
    """Over frames; the faces' texture is the same in all, so the uncertainty is that of one."""
    first = each[0]
    return Cells(
        signal=np.mean([c.signal for c in each], axis=0),
        sd=np.mean([c.sd for c in each], axis=0),
        slope=np.mean([c.slope for c in each], axis=0),
        flat=first.flat,
        pixels=np.sum([c.pixels for c in each], axis=0),
        common=first.common,
    )


def _from_surface(frames: list[RawArray], instrument: Instrument, artefact: Artefact) -> tuple[Fit, tuple[str, ...]]:
    shape = (frames[0].shape[1], frames[0].shape[2])
    if artefact.kind == "sphere":
        surfaces = [find_cap(np.asarray(frames[0], dtype=np.float64), artefact.size, instrument)]
    else:
        assert artefact.file is not None, "a height map has a file"
        heights, pixel_nm = read_height(artefact.file)
        surfaces = [relief(h.astype(np.float64), pixel_nm, instrument, shape) for h in heights[: len(frames)]]
    laid = fit_relief(frames, surfaces, instrument, smooth=artefact.kind == "sphere")
    at = ", ".join(f"({p.shift[0]:.2f}, {p.shift[1]:.2f})" for p in laid.placements)
    return laid.fit, (f"laid at (row, column) {at} px", f"image blurred by {laid.blur_px:.2f} px beyond the map")


def read_height(file: Path) -> tuple[NDArray[np.floating], float]:
    """Heights [T, Y, X], nm, and their pixel size.

    Raises
    ------
    InputError
        No such file, or not `height_nm` and `pixel_size_nm`.
    """
    if not file.exists():
        raise MissingInputError("no such file", where=str(file), cure="give a .npz with height_nm and pixel_size_nm")
    try:
        with np.load(file, allow_pickle=False) as arrays:
            height, pixel = np.asarray(arrays["height_nm"], dtype=np.float32), float(arrays["pixel_size_nm"])
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise InputError(
            f"not a height map: {error}", where=str(file), cure="store height_nm [Y, X] or [T, Y, X] and pixel_size_nm"
        ) from error
    if height.ndim == 2:
        height = height[None]
    if height.ndim != 3 or not pixel > 0:
        raise InputError(
            f"height_nm of shape {height.shape}, pixel_size_nm {pixel:g}",
            where=str(file),
            cure="store height_nm [Y, X] or [T, Y, X] and a positive pixel_size_nm",
        )
    return height, pixel


def _from_grating(frames: list[RawArray], instrument: Instrument, artefact: Artefact) -> Outcome:
    raw = np.asarray(frames[0], dtype=np.float64)
    found = fit_grating(raw, artefact.size, instrument.scan.pixel_size_xy_nm)
    given = instrument.calibration
    nominal = CalibrationSettings(artefact=str(artefact), valid=instrument.valid_for())
    section = (given or nominal).model_copy(
        update={
            "pixel_scale": found.pixel_scale,
            "pixel_scale_u": float(f"{math.hypot(found.pixel_scale_u, _PITCH_U):.3g}"),
            "shear": found.shear,
            "fingerprint": _fingerprint(frames, instrument, artefact),
        }
    )
    size = tuple(p * s for p, s in zip(instrument.scan.pixel_size_nm, found.pixel_scale, strict=True))
    scan = instrument.scan.model_copy(update={"pixel_size_nm": size, "frame_times_s": None})
    return Outcome(instrument.model_copy(update={"scan": scan, "calibration": section}), grating=found)


def _fingerprint(frames: list[RawArray], instrument: Instrument, artefact: Artefact) -> str:
    digest = xxhash.xxh3_64()
    for frame in frames:
        digest.update(np.ascontiguousarray(frame).data)
    digest.update(msgspec.json.encode([instrument.fingerprint, str(artefact)]))
    return digest.hexdigest()
