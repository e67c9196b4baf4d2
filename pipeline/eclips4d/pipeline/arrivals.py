"""What came over the wire, checked before anything is believed of it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, cast

from eclips4d.core.errors import InputError, WireError
from eclips4d.core.frame import Frame, FrameHeader, RawArray
from eclips4d.core.messages import FrameOffer, RegisteredOffer, SurfaceOffer
from eclips4d.core.results import Surface
from eclips4d.core.wire import AnyArray

PLANES = tuple(f.name for f in fields(Surface))


def received_frame(offer: FrameOffer, arrays: dict[str, AnyArray]) -> Frame:
    """The frame of a message; `WireError` when pixels are missing or other than the header says."""
    raw: Any = arrays.get("raw")
    if raw is None:
        raise WireError("a frame without its pixels", where=offer.header.label)
    try:
        return Frame(offer.header, raw)
    except InputError as error:
        raise WireError(str(error)) from error


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
