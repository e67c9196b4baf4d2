"""Runs of numbers added by the vector unit: compilers do not join the sums of neighbours by themselves."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

LANES = 8
RUN = 3 * LANES


@intrinsic
def add_run(typing_context: Any, total: Any, at: Any, values: Any, first: Any) -> Any:
    """total[at : at + RUN] += values[first : first + RUN], both float32 [n]; within them, nobody checks."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = ir.VectorType(ir.FloatType(), LANES).as_pointer()
        sums, numbers = (context.make_array(signature.args[k])(context, builder, arguments[k]).data for k in (0, 2))
        for lane in range(0, RUN, LANES):
            step = ir.Constant(arguments[1].type, lane)
            out = builder.bitcast(builder.gep(sums, [builder.add(arguments[1], step)]), vector)
            source = builder.bitcast(builder.gep(numbers, [builder.add(arguments[3], step)]), vector)
            before, more = builder.load(out), builder.load(source)
            before.align = more.align = 4
            builder.store(builder.fadd(before, more), out).align = 4
        return context.get_dummy_value()

    return types.void(total, at, values, first), generate
