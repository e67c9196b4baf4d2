"""A value on its way to another host: in pieces that are named by what they hold, so that none travels twice.

Pieces are arrays, long tuples and those dataclasses that are compared by identity (`eq=False`). Who asks says which
pieces it still has. Those are left out, and are the very same objects again on the other side: what a window tells by
`is`, such as whether a surface has changed, it can tell here, too.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any

import msgspec
import numpy as np
import xxhash
from numcodecs import blosc

from eclips4d.core.errors import WireError
from eclips4d.core.frame import MOST_BYTES
from eclips4d.core.wire import MAX_PARTS, AnyArray, ArraySpec
from eclips4d.viewer.remote.pieces import Pieces
from eclips4d.viewer.remote.values import bare, contents, fits, rebuilt
from eclips4d.viewer.shrinking import MOST_HALVINGS, shrunk

LONG = 16
"""A tuple of more members travels by itself."""
MOST_TABLE_BYTES = 64 << 20
BIN_BYTES = 32 << 20
"""Small pieces share one part of a message up to about so many bytes."""
KINDS = ("bool", "uint8", "uint16", "uint32", "int32", "int64", "float16", "float32", "float64")
MAP_KINDS, LEAST_MAP_SIDE = ("uint16", "float32"), 32
"""Arrays that are halved where the line is slow."""
TABLE = "table"
LEAST_PACKED = 64
"""Bytes below which nothing is compressed."""
_DAMAGED = (msgspec.MsgspecError, RuntimeError, ValueError, RecursionError)


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """One piece: a tree, or an array of `kind` and `shape` in `size` bytes from `start` of a part, packed or not.

    One that was halved is to be stretched to the rows and columns of `full` again.
    """

    tree: Any = None
    kind: str = ""
    shape: tuple[int, ...] = ()
    part: int = 0
    start: int = 0
    size: int = 0
    packed: bool = False
    halved: int = 0
    full: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent: name of the piece that is the whole, and parts for `eclips4d.core.wire.encode`."""

    root: bytes
    parts: dict[str, AnyArray]

    @property
    def nbytes(self) -> int:
        """What travels."""
        return sum(part.nbytes for part in self.parts.values())


def packed(value: object, have: Container[bytes] = frozenset(), *, compress: bool = True, halved: int = 0) -> Parcel:
    """A value without those of its pieces that the other side has.

    Parameters
    ----------
    value : dataclass
        One that is compared by identity.
    have : container of bytes
        Names of pieces.
    compress : bool
        Takes a few milliseconds a megabyte, which a socket of this host need not wait for.
    halved : int
        How often maps, not the small pictures that are ready for the screen, are halved.
    """
    packer = _Packer(have, compress, halved)
    root = packer.refer(value)
    if root is None:
        raise WireError(f"{type(value).__name__} does not travel by itself")
    return Parcel(root, packer.parts())


def unpacked(kind: type, root: bytes, parts: Mapping[str, AnyArray], pieces: Pieces) -> Any:
    """The value again; what it is made of is added to `pieces`.

    Raises
    ------
    WireError
        It is damaged, of another type, or made of pieces that are not there.
    """
    return _Unpacker(parts, pieces).find(kind, root)


class _Packer:
    def __init__(self, have: Container[bytes], compress: bool, halved: int) -> None:
        self._have, self._compress, self._halved = have, compress, halved
        self._names: dict[int, tuple[bytes, object]] = {}
        self._table: dict[bytes, Piece] = {}
        self._bins: list[list[memoryview | bytes]] = [[]]
        self._filled = 0

    def parts(self) -> dict[str, AnyArray]:
        table = _squeezed(msgspec.msgpack.encode(self._table), 1) if self._compress else None
        raw = table if table is not None else msgspec.msgpack.encode(self._table)
        found: dict[str, AnyArray] = {TABLE: np.frombuffer(bytes([table is not None]) + raw, np.uint8)}
        for k, one in enumerate(self._bins):
            if one:
                found[str(k)] = np.frombuffer(one[0] if len(one) == 1 else b"".join(one), np.uint8)
        return found

    def refer(self, value: Any) -> bytes | None:
        if not _travels(value):
            return None
        if id(value) not in self._names:  # the value is kept beside its name, so that nothing else gets its id
            name = self._array(value) if isinstance(value, np.ndarray) else self._tree(value)
            self._names[id(value)] = name, value
        return self._names[id(value)][0]

    def _tree(self, value: Any) -> bytes:
        tree = contents(value, self.refer)
        name = _name(type(value).__name__.encode(), msgspec.msgpack.encode(tree))
        if name not in self._have:
            self._table.setdefault(name, Piece(tree))
        return name

    def _array(self, array: AnyArray) -> bytes:
        halved = self._halved if _is_map(array) else 0
        full = (array.shape[-2], array.shape[-1]) if halved else (0, 0)
        array = shrunk(array, halved)
        whole = np.ascontiguousarray(array).reshape(array.shape)
        view = whole.reshape(-1).view(np.uint8).data if whole.size else memoryview(b"")
        name = _name(f"{whole.dtype.name}{whole.shape}{halved}{full}".encode(), view)
        if name in self._have or name in self._table:
            return name
        squeezed = _squeezed(view, whole.dtype.itemsize) if self._compress else None
        blob = view if squeezed is None else squeezed
        part, start = self._put(blob)
        form = whole.dtype.name, whole.shape, part, start, len(blob), squeezed is not None, halved, full
        self._table[name] = Piece(None, *form)
        return name

    def _put(self, blob: memoryview | bytes) -> tuple[int, int]:
        if self._filled and self._filled + len(blob) > BIN_BYTES and len(self._bins) < MAX_PARTS - 2:
            self._bins.append([])
            self._filled = 0
        start = self._filled
        self._bins[-1].append(blob)
        self._filled += len(blob)
        return len(self._bins) - 1, start


class _Unpacker:
    def __init__(self, parts: Mapping[str, AnyArray], pieces: Pieces) -> None:
        self._parts, self._pieces = parts, pieces
        self._table = _table_of(parts)
        self._open: set[bytes] = set()

    def find(self, kind: Any, name: bytes) -> Any:
        value = self._pieces.get(name)
        if value is None:
            value = self._made(kind, name)
            self._pieces.put(name, value)
        if not fits(kind, value):
            raise WireError(f"{type(value).__name__} where {bare(kind)} is declared")
        return value

    def _made(self, kind: Any, name: bytes) -> Any:
        piece = self._table.get(name)
        if piece is None or name in self._open:
            raise WireError("a piece that is not there")
        if piece.kind:
            return self._array(piece)
        self._open.add(name)
        value = rebuilt(bare(kind), piece.tree, self.find)
        self._open.remove(name)
        return value

    def _array(self, piece: Piece) -> AnyArray:
        part = self._parts.get(str(piece.part))
        if piece.kind not in KINDS or part is None or part.dtype != np.uint8 or part.ndim != 1:
            raise WireError("an array that is none")
        spec = ArraySpec("", piece.kind, piece.shape, 0)
        too_much = any(not 0 <= n <= 1 << 20 for n in piece.shape) or len(piece.shape) > 4
        if too_much or math.prod(piece.shape) * np.dtype(piece.kind).itemsize > MOST_BYTES:
            raise WireError(f"an array of the impossible shape {piece.shape}")
        if piece.start < 0 or piece.size < 0 or piece.start + piece.size > part.size:
            raise WireError("an array beyond the end of its part")
        blob = part[piece.start : piece.start + piece.size].data
        data = _loosened(blob, spec.nbytes) if piece.packed else blob
        if len(data) != spec.nbytes:
            raise WireError(f"{len(data)} bytes for an array of {spec.nbytes}")
        array = np.frombuffer(data, piece.kind).reshape(piece.shape)
        if piece.halved:
            array = _stretched(array, piece.halved, piece.full)
        array.flags.writeable = False
        return array


def _is_map(array: AnyArray) -> bool:
    return array.ndim >= 2 and array.dtype.name in MAP_KINDS and min(array.shape[-2:]) >= LEAST_MAP_SIDE


def _stretched(array: AnyArray, halved: int, full: tuple[int, int]) -> AnyArray:
    """As many rows and columns as before it was halved, each value standing for those it is the mean of."""
    side = 2**halved if 0 < halved <= MOST_HALVINGS else 0
    fitting = array.ndim >= 2 and side and array.shape[-2:] == tuple(math.ceil(n / side) for n in full)
    if not fitting or array.nbytes * side**2 > 4 * MOST_BYTES:
        raise WireError(f"an array that cannot be stretched to {full}")
    return np.ascontiguousarray(array.repeat(side, -2).repeat(side, -1)[..., : full[0], : full[1]])


def _travels(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return True
    if isinstance(value, tuple):
        return len(value) > LONG
    # Dataclasses that are compared by what they hold are hashed by it, too; those that are not, are hashed as objects.
    return is_dataclass(value) and type(value).__hash__ is object.__hash__


def _name(what: bytes, held: bytes | memoryview) -> bytes:
    digest = xxhash.xxh3_128(what)
    digest.update(held)
    return digest.digest()


def _squeezed(data: bytes | memoryview, item: int) -> bytes | None:
    """Compressed; None where that would not make it smaller."""
    if len(data) < LEAST_PACKED:
        return None
    shorter: bytes = blosc.compress(np.frombuffer(data, np.uint8), b"zstd", 1, blosc.SHUFFLE, typesize=item)
    return shorter if len(shorter) < len(data) else None


def _loosened(blob: memoryview, size: int) -> bytes | memoryview:
    """What was compressed, which has to be so many bytes; nothing is allocated before that is known."""
    if len(blob) < 16:
        raise WireError("packed into too few bytes")
    announced, taken, _ = blosc._cbuffer_sizes(blob)
    if announced != size or taken != len(blob):
        raise WireError(f"{announced} bytes packed where {size} belong")
    try:
        found: bytes = blosc.decompress(blob)
    except _DAMAGED as error:
        raise WireError(f"cannot be unpacked: {error}") from error
    return found


def _table_of(parts: Mapping[str, AnyArray]) -> Mapping[bytes, Piece]:
    table = parts.get(TABLE)
    if table is None or table.dtype != np.uint8 or table.ndim != 1 or table.size < 2:
        raise WireError("a parcel without a table")
    data: bytes | memoryview = table[1:].data
    try:
        if table[0]:
            announced = int.from_bytes(data[4:8], "little")
            if announced > MOST_TABLE_BYTES:
                raise WireError(f"a table of {announced} bytes")
            data = _loosened(table[1:].data, announced)
        return msgspec.msgpack.decode(data, type=dict[bytes, Piece])
    except _DAMAGED as error:
        raise WireError(f"an unreadable table: {error}") from error
