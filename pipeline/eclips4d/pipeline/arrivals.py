"""What came over the wire, checked before anything is believed of it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from eclips4d.core.errors import InputError, WireError
from eclips4d.core.frame import Frame
from eclips4d.core.messages import FrameOffer, RegisteredOffer
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


def received_surface(offer: RegisteredOffer, arrays: dict[str, AnyArray], image: tuple[int, int]) -> Surface:
    """The surface of a message; `WireError` when a plane is missing, unknown, or of another shape or type."""
    planes: dict[str, Any] = dict(arrays)
    if set(planes) != set(PLANES):
        raise WireError(f"planes {sorted(planes)} are no surface", where=f"sequence {offer.sequence}")
    for name, plane in planes.items():
        shape = (2, *image) if name == "slope" else image
        if plane.shape != shape or str(plane.dtype) != ("uint8" if name == "trust" else "float32"):
            raise WireError(f"{name} is {plane.dtype}{plane.shape}", where=f"sequence {offer.sequence}")
    return Surface(**planes)
