"""What this machine can do: bytes moved and numbers multiplied per second, and the least time that a kernel can take.

The roofline of Williams, Waterman & Patterson (2009): a kernel takes at least its bytes over the memory's rate, and at
least its operations over the arithmetic's rate, whichever is longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

COPIED_BYTES = 256 << 20
MATRIX = 2048
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Machine:
    """Rates of all cores that this process may use.

    Attributes
    ----------
    bytes_per_s : float
        Read and written by a copy that no cache holds.
    f32_per_s : float
        Multiplications with their additions, float32, of a matrix product.
    """

    bytes_per_s: float
    f32_per_s: float

    def floor_ms(self, megabytes: float, giga_products: float = 0.0, *, short: bool = False) -> float:
        """Least time of a kernel.

        Parameters
        ----------
        giga_products
            Multiplications with their additions, 10⁹.
        short
            Of 16-bit numbers, of which twice as many fit into a register.
        """
        arithmetic = 1e9 * giga_products / (self.f32_per_s * (2.0 if short else 1.0))
        return 1e3 * max(1e6 * megabytes / self.bytes_per_s, arithmetic)


def measured_machine() -> Machine:
    """By a copy and a matrix product, the best of some rounds."""
    source = np.ones(COPIED_BYTES // 4, np.float32)
    target = np.empty_like(source)
    copied = _best_s(lambda: np.copyto(target, source))
    left = np.ones((MATRIX, MATRIX), np.float32)
    product = np.empty_like(left)
    multiplied = _best_s(lambda: np.matmul(left, left, out=product))
    return Machine(2.0 * COPIED_BYTES / copied, float(MATRIX) ** 3 / multiplied)


def _best_s(call: Callable[[], object]) -> float:
    call()
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)
