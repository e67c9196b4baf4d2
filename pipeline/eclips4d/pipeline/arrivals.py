"""What came over the wire, checked before anything is believed of it."""

from __future__ import annotations

import math
from dataclasses import fields
from itertools import chain
from typing import Any, cast

import numpy as np

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError, WireError
from eclips4d.core.frame import Frame, FrameHeader, RawArray
from eclips4d.core.instrument import Instrument, Scan, parse_instrument
from eclips4d.core.messages import FrameOffer, RegisteredOffer, SurfaceOffer
from eclips4d.core.results import FloatArray, Surface
from eclips4d.core.source import SourceInfo
from eclips4d.core.strip_messages import StripMade
from eclips4d.core.wire import AnyArray

PLANES = tuple(f.name for f in fields(Surface))


def received_frame(offer: FrameOffer, arrays: dict[str, AnyArray]) -> Frame:
    """The frame of a message; `WireError` when pixels are missing or other than the header says."""
    raw: Any = arrays.get("raw")
    if not 0.0 <= offer.age_s < math.inf:
        raise WireError(f"a frame {offer.age_s} s old", where=offer.header.label)
    if raw is None:
        raise WireError("a frame without its pixels", where=offer.header.label)
    try:
        return Frame(offer.header, raw)
    except InputError as error:
        raise WireError(str(error)) from error


def misfit(header: FrameHeader, source: SourceInfo, scan: Scan) -> str:
    """What makes a frame one of another source or scan than the run's; empty when nothing does."""
    is_so = (header.shape, header.dtype, header.segments, header.pixel_size_nm, header.rotation_deg)
    should = (source.shape, source.dtype, source.segments, scan.pixel_size_xy_nm, scan.rotation_deg)
    if is_so != should:
        return f"is {is_so}, the source delivers {should}"
    if source.can_wait and source.frames is not None and header.sequence >= source.frames:
        return f"lies beyond the {source.frames} frames of the recording"
    unknown = sorted(set(header.side) - set(source.side_units))
    return f"has the side value {unknown[0]!r}, of which the source says nothing" if unknown else ""


def received_inversion(offer: SurfaceOffer, arrays: dict[str, AnyArray]) -> tuple[RawArray, Surface]:
    """Pixels and surface of a worker's message; `WireError` when something is missing or of another shape or type."""
    planes = dict(arrays)
    raw = received_raw(planes.pop("raw", None), offer.header, f"sequence {offer.header.sequence}")
    return raw, _surface(planes, offer.header.shape[1:], offer.header.sequence)


def received_raw(raw: AnyArray | None, like: FrameHeader, where: str) -> RawArray:
    """Pixels of a message; `WireError` when they are missing or of another shape or type than this header says."""
    if raw is None or raw.shape != like.shape or str(raw.dtype) != like.dtype:
        came = "nothing" if raw is None else f"{raw.dtype}{raw.shape}"
        raise WireError(f"pixels should be {like.dtype}{like.shape}, but {came} came", where=where)
    return cast(RawArray, raw)


def received_rows(raw: AnyArray | None, like: FrameHeader, rows: int) -> RawArray:
    """The first rows of a frame; `WireError` when they are missing or others than this header says."""
    shape = (like.shape[0], rows, like.shape[2])
    if raw is None or raw.shape != shape or str(raw.dtype) != like.dtype:
        came = "nothing" if raw is None else f"{raw.dtype}{raw.shape}"
        raise WireError(f"rows should be {like.dtype}{shape}, but {came} came", where=like.label)
    return cast(RawArray, raw)


def received_preview(height: AnyArray | None, like: FrameHeader, made: StripMade) -> FloatArray:
    """Heights of the first rows of a frame; `WireError` when they are missing or of another shape or type."""
    if height is None or height.shape != (made.rows, like.shape[2]) or height.dtype != np.float32:
        raise WireError(f"no heights of {made.rows} rows of {like.shape[2]}", where=like.label)
    return cast(FloatArray, height)


def received_instrument(source: SourceInfo) -> Instrument:
    """The instrument that a source was described with; `WireError` when that is no description."""
    try:
        return parse_instrument(source.instrument_toml, source.address)
    except InputError as error:
        raise WireError(str(error)) from error


def check_source(source: SourceInfo) -> None:
    """`WireError` for a source whose frames are not those of the instrument that it describes."""
    instrument = received_instrument(source)
    if instrument.fingerprint != source.instrument or instrument.segments != len(source.segments):
        raise WireError("a source with another instrument than its own", where=source.address)


def check_calibration(calibration: Calibration, header: FrameHeader) -> None:
    """`WireError` for a calibration that is none of this frame's segments, or holds what is no number."""
    per_segment = (
        calibration.gain,
        calibration.offset_adu,
        calibration.noise_slope_adu,
        calibration.noise_floor_adu2,
        calibration.flat,
        calibration.contrast,
    )
    per_tilt = (calibration.contrast_ratio, *([calibration.second_harmonic] if calibration.second_harmonic else []))
    tilts = len(calibration.contrast_tilt_deg)
    numbers = chain(*per_segment[:-1], *calibration.contrast, *per_tilt, calibration.contrast_tilt_deg)
    if (
        any(len(values) != len(header.segments) for values in per_segment)
        or any(len(values) != tilts for values in per_tilt)
        or not all(map(math.isfinite, numbers))
        or min(calibration.gain) <= 0
    ):
        raise WireError("a calibration of another detector", where=header.label)


def received_surface(offer: RegisteredOffer, arrays: dict[str, AnyArray], image: tuple[int, int]) -> Surface:
    """The surface of a message; `WireError` when a plane is missing, unknown, or of another shape or type."""
    return _surface(dict(arrays), image, offer.sequence)


def _surface(planes: dict[str, Any], image: tuple[int, ...], sequence: int) -> Surface:
    if set(planes) != set(PLANES):
        raise WireError(f"planes {sorted(planes)} are no surface", where=f"sequence {sequence}")
    for name, plane in planes.items():
        shape = (2, *image) if name == "slope" else tuple(image)
        if plane.shape != shape or str(plane.dtype) != ("uint8" if name == "trust" else "float32"):
            raise WireError(f"{name} is {plane.dtype}{plane.shape}", where=f"sequence {sequence}")
    return Surface(**planes)
