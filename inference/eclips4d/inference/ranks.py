"""The k-th smallest of many values, by halving: whoever asks for one place need not put the others in order.

Floats are ordered as their bits are, so thirty-two counts of how many lie below find any of them exactly; counts run
sixteen values at a time, where partitioning goes from branch to branch.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

_SIGN, _MOST, _LEAST = np.int32(31), np.int32(0x7FFFFFFF), np.int32(-0x80000000)
_TURNS: Final = 32

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def keys_of(values: F32, keys: I32) -> None:
    """Integers in the order of the values; what is no number comes last. Both are contiguous and equally long."""
    bits = values.view(np.int32)
    for i in range(bits.size):
        # Of negative numbers larger bits mean less.
        key = bits[i] ^ ((bits[i] >> _SIGN) & _MOST)
        keys[i] = key if values[i] == values[i] else _MOST


@_compiled  # type: ignore[untyped-decorator]
def value_of(key: np.int32, room: F32) -> np.float32:
    """Back from `keys_of`; `room` is for one value."""
    room.view(np.int32)[0] = key ^ ((key >> _SIGN) & _MOST)
    value: np.float32 = room[0]
    return value


@_compiled  # type: ignore[untyped-decorator]
def ranked(keys: I32, rank: int) -> np.int32:
    """The key that so many others come before: 0 asks for the smallest."""
    low, high = np.int64(_LEAST), np.int64(_MOST)
    for _ in range(_TURNS):
        middle = np.int32((low + high) >> 1)
        if _up_to(keys, middle) > rank:
            high = np.int64(middle)
        else:
            low = np.int64(middle) + 1
        if low >= high:
            break
    return np.int32(low)


@_compiled  # type: ignore[untyped-decorator]
def before(keys: I32, key: np.int32, rank: int) -> np.int32:
    """The key in the place before `rank`, at which `key` is; that itself at rank 0."""
    below, most = np.int32(0), _LEAST
    for i in range(keys.size):
        less = keys[i] < key
        below += np.int32(less)
        most = max(most, keys[i] if less else _LEAST)
    return most if 0 < rank <= below else key


@_compiled  # type: ignore[untyped-decorator]
def median_of(values: F32, keys: I32) -> np.float32:
    """Of values [n], n > 0; of an even count the mean of the two in the middle. `keys` is room for as many."""
    keys_of(values, keys)
    room, middle = np.empty(1, np.float32), values.size // 2
    upper = ranked(keys, middle)
    found: np.float32 = value_of(upper, room)
    if values.size % 2 == 0:
        found = (value_of(before(keys, upper, middle), room) + found) * np.float32(0.5)
    return found


@_compiled  # type: ignore[untyped-decorator]
def _up_to(keys: I32, most: np.int32) -> np.int32:
    count = np.int32(0)
    for i in range(keys.size):
        count += np.int32(keys[i] <= most)
    return count
