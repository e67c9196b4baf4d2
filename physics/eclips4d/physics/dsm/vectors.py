"""How kernels over runs of pixels are compiled: with the processor's widest registers, and without doubting arrays."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

_WIDEST = '"prefer-vector-width"="512"'


def _wide_and_apart(typing: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        set.add(builder.function.attributes, _WIDEST)  # the set itself refuses what is not a word
        for argument in builder.function.args:
            if str(argument.type) == "float*":
                argument.add_attribute("noalias")
        return context.get_dummy_value()

    return types.void(), generate


wide_and_apart: Any = intrinsic(_wide_and_apart)
"""Says of the kernel that calls it: no array of float32 that it writes overlaps another one that it is given.

Otherwise every loop over a run asks first which of its arrays overlap, which costs more than the loop. And compilers
use half a register where processors of old were clocked down when all of it was used.
"""
