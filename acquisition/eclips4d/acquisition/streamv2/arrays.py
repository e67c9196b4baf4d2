"""Arrays in a CBOR message: typed arrays and grids of them (RFC 8746), compressed or not, opened only when wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.streamv2.bounds import COLUMN_GRID, GRID, PACKED
from eclips4d.acquisition.streamv2.compression import pack, unpack
from eclips4d.core.errors import InputError, WireError

PIXEL_TYPES = {64: "|u1", 65: ">u2", 66: ">u4", 67: ">u8", 68: "|u1", 69: "<u2", 70: "<u4", 71: "<u8"}
"""Tags of unsigned integers; 68 is uint8 with clamped arithmetic. Pixels are of no other kind."""
TAG_OF = {"uint8": 64, "uint16": 69}


@dataclass(frozen=True, slots=True)
class Tagged:
    """An item with one of our tags, as it came."""

    tag: int
    content: Any


def pixels(item: Any, shape: tuple[int, int], dtype: str) -> NDArray[Any]:
    """The image that an item stands for.

    Parameters
    ----------
    item
        A grid of a typed array, as decoded.
    shape
        (rows, columns) that it must have.
    dtype
        `uint8` or `uint16`, in either order of bytes.

    Raises
    ------
    InputError
        It is an image, but of another shape or type.
    WireError
        It is none.
    """
    if not isinstance(item, Tagged) or item.tag not in (GRID, COLUMN_GRID) or not _is_list(item.content, 2):
        raise WireError("an image that is no array")
    sizes, typed = item.content
    if not _is_list(sizes, 2) or not all(_is_count(size) for size in sizes):
        raise WireError(f"an image of shape {sizes!r}"[:200])
    if not isinstance(typed, Tagged) or typed.tag not in PIXEL_TYPES:
        raise WireError("an image whose pixels are no unsigned integers")
    found = np.dtype(PIXEL_TYPES[typed.tag])
    if tuple(sizes) != shape or found.newbyteorder("=") != np.dtype(dtype):
        is_so = f"{found.name} of {sizes[1]} x {sizes[0]}"
        raise InputError(f"images are {is_so}, the address says {dtype} of {shape[1]} x {shape[0]}")
    content = _content(typed.content, shape[0] * shape[1] * found.itemsize)
    flat = np.frombuffer(content, found).astype(dtype, copy=False)
    return flat.reshape(shape, order="C" if item.tag == GRID else "F")


def tagged(image: NDArray[Any], compression: str | None) -> Any:
    """An image `[y, x]` of uint8 or uint16 as an item for the encoder; `compression` is `lz4`, `bslz4` or None."""
    from cbor2 import CBORTag

    little = np.ascontiguousarray(image, image.dtype.newbyteorder("<"))
    content: Any = little.tobytes()
    if compression is not None:
        element = image.dtype.itemsize if compression == "bslz4" else 0
        content = CBORTag(PACKED, [compression, element, pack(compression, image.dtype.itemsize, content)])
    return CBORTag(GRID, [list(image.shape), CBORTag(TAG_OF[image.dtype.name], content)])


def _content(item: Any, nbytes: int) -> bytes | bytearray:
    if isinstance(item, Tagged) and item.tag == PACKED and _is_list(item.content, 3):
        algorithm, element, packed = item.content
        if not (isinstance(algorithm, str) and _is_count(element) and isinstance(packed, bytes)):
            raise WireError("a compressed array that is none")
        return unpack(algorithm, element, packed, nbytes)
    if not isinstance(item, bytes):
        raise WireError("an array that holds no bytes")
    if len(item) != nbytes:
        raise WireError(f"an array of {len(item)} bytes where {nbytes} are due")
    return item


def _is_list(item: Any, length: int) -> bool:
    return isinstance(item, list) and len(item) == length


def _is_count(item: Any) -> bool:
    return isinstance(item, int) and not isinstance(item, bool) and item >= 0
