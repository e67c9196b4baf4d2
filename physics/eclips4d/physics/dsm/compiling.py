"""How kernels over pixels are compiled: products may join sums, no number is NaN, and sums keep their order."""

from __future__ import annotations

from typing import Any, Final

import numba

_FAST: Final[dict[str, Any]] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"nnan", "nsz", "contract"},
}

compiled: Any = numba.njit(**_FAST)
inlined: Any = numba.njit(inline="always", **_FAST)
"""Put in where it is called, so that values stay in registers."""
