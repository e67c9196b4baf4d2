"""The two compressions of Stream V2, LZ4 and bitshuffle with LZ4, each in the framing of its HDF5 filter.

Twelve bytes say how long the whole and how long a block is (big endian); each block is preceded by four bytes, its
compressed length. With bitshuffle the last elements that do not fill a group of eight follow as they are. The framing
is read here, with every length checked; blocks are the library's business.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from eclips4d.core.errors import InputError, WireError

LARGEST_BLOCK = 1 << 30
BLOCK_BYTES = 8192
"""Of the blocks that are written, as bitshuffle's own."""
GROUP = 8
"""Bitshuffle works on so many elements at once."""


def unpack(algorithm: str, element: int, packed: bytes, nbytes: int) -> bytearray:
    """The byte string of `nbytes` bytes that was compressed, with elements of `element` bytes.

    Raises
    ------
    WireError
        It is not what it says; nothing longer than `nbytes` is ever made.
    InputError
        The library is not installed.
    """
    codecs = _codecs()
    if algorithm not in ("lz4", "bslz4") or (algorithm == "bslz4" and element not in (1, 2, 4)):
        raise WireError(f"the compression {algorithm!r} of elements of {element} bytes")
    if len(packed) < 12:
        raise WireError("a compressed array that is cut short")
    total, block = struct.unpack_from(">QI", packed)
    if algorithm == "bslz4":
        block = block or BLOCK_BYTES
    if total != nbytes or not 0 < block <= LARGEST_BLOCK:
        raise WireError(f"{total} bytes in blocks of {block} where {nbytes} bytes are wanted")
    loose = total % (GROUP * element) if algorithm == "bslz4" else 0
    if algorithm == "bslz4" and block % (GROUP * element):
        raise WireError(f"blocks of {block} bytes for elements of {element}")
    whole = bytearray(nbytes)
    view, done, end = memoryview(whole), 0, 12
    for length in _block_lengths(total - loose, block):
        start, end = _span(packed, end)
        _unpack_block(codecs, packed[start:end], view[done : done + length], stored=algorithm == "lz4")
        done += length
    if len(packed) - end != loose:
        raise WireError(f"{len(packed) - end} bytes after the last block, {loose} are due")
    view[done:] = packed[end:]
    if algorithm == "bslz4":
        return bytearray(codecs.bitshuffle_decode(whole, itemsize=element, blocksize=block // element))
    return whole


def pack(algorithm: str, element: int, plain: bytes) -> bytes:
    """As `unpack` reads it.

    Raises
    ------
    InputError
        The library is not installed, or the compression is none of the two.
    """
    codecs = _codecs()
    if algorithm not in ("lz4", "bslz4"):
        raise InputError(f"unknown compression {algorithm!r}", cure="take lz4 or bslz4")
    loose = 0
    if algorithm == "bslz4":
        loose = len(plain) % (GROUP * element)
        plain = codecs.bitshuffle_encode(plain, itemsize=element, blocksize=BLOCK_BYTES // element)
    parts = [struct.pack(">QI", len(plain), BLOCK_BYTES)]
    done = 0
    for length in _block_lengths(len(plain) - loose, BLOCK_BYTES):
        block = plain[done : done + length]
        small = codecs.lz4_encode(block)
        if algorithm == "lz4" and len(small) >= length:
            small = block
        parts += [struct.pack(">I", len(small)), small]
        done += length
    return b"".join([*parts, plain[done:]])


def _block_lengths(total: int, block: int) -> Iterator[int]:
    yield from [block] * (total // block)
    if total % block:
        yield total % block


def _span(packed: bytes, place: int) -> tuple[int, int]:
    if place + 4 > len(packed):
        raise WireError("a compressed array that is cut short")
    (length,) = struct.unpack_from(">I", packed, place)
    if place + 4 + length > len(packed):
        raise WireError("a compressed array that is cut short")
    return place + 4, place + 4 + length


def _unpack_block(codecs: Any, block: bytes, into: memoryview, *, stored: bool) -> None:
    if stored and len(block) == len(into):
        into[:] = block
        return
    try:
        plain = codecs.lz4_decode(block, out=len(into))
    except codecs.Lz4Error as error:
        raise WireError(f"a block that cannot be decompressed: {error}") from error
    if len(plain) != len(into):
        raise WireError(f"a block of {len(plain)} bytes where {len(into)} are due")
    into[:] = plain


def _codecs() -> Any:
    try:
        import imagecodecs
    except ModuleNotFoundError as error:
        raise InputError("compressed images need imagecodecs", cure="pip install 'eclips4d[streamv2]'") from error
    return imagecodecs
