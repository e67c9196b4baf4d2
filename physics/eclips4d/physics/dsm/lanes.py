"""Sixteen float32 side by side: a number type of compiled kernels, whose values stay in registers from step to step.

A loop over a run of pixels that LLVM vectorises keeps what a step finds in memory until the next one. Here a kernel
holds it, over as many steps as it takes, and says itself what is loaded when. Processors with shorter registers take
several for one value.
"""

from __future__ import annotations

import operator
from typing import Any, Final

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

LANES: Final = 16

_FLOAT, _INT, _WORD = ir.FloatType(), ir.IntType(32), ir.IntType(64)
_FLOATS, _INTS, _WORDS = (ir.VectorType(of, LANES) for of in (_FLOAT, _INT, _WORD))
_FLAGS = ("nnan", "nsz", "contract")


class _Lanes(types.Type):
    def __init__(self, name: str) -> None:
        super().__init__(name)


class _Words(_Lanes):
    pass


_lanes, _words = _Lanes("float32 lanes"), _Words("uint64 lanes")


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _FLOATS)  # type: ignore[no-untyped-call]


@register_model(_Words)
class _WordsModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _WORDS)  # type: ignore[no-untyped-call]


def _operation(of: Any, instruction: str) -> None:
    """Let an operator work on two values, lane by lane."""

    class Typed(ConcreteTemplate):
        cases = (signature(_lanes, _lanes, _lanes),)  # type: ignore[no-untyped-call]

    infer_global(of)(Typed)  # type: ignore[no-untyped-call]

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return getattr(builder, instruction)(*arguments, flags=_FLAGS)

    lower_builtin(of, _lanes, _lanes)(lowered)  # type: ignore[no-untyped-call]


for _of, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _operation(_of, _instruction)


def _address(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), _FLOATS.as_pointer())


def _in_all(builder: Any, value: Any, kind: Any) -> Any:
    nothing = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(_INT, 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(_INTS, [0] * LANES))


def _load(typing: Any, array: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_address(context, builder, signature.args[0], *arguments), align=4)

    return _lanes(array, at), generate


def _store(typing: Any, values: Any, array: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[0], _address(context, builder, signature.args[1], *arguments[1:]), align=4)
        return context.get_dummy_value()

    return types.void(values, array, at), generate


def _every(typing: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _in_all(builder, arguments[0], _FLOATS)

    return _lanes(types.float32), generate


def _chosen(sign: str) -> Any:
    def choose(typing: Any, one: Any, other: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.select(builder.fcmp_ordered(sign, *arguments, flags=_FLAGS), *arguments)

        return _lanes(_lanes, _lanes), generate

    return choose


def _function(name: str) -> Any:
    def of_lanes(typing: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = ir.FunctionType(_FLOATS, [_FLOATS])
            return builder.call(builder.module.declare_intrinsic(name, fnty=kind), arguments)

        return _lanes(_lanes), generate

    return of_lanes


def _fetch(typing: Any, array: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        begin = _in_all(builder, builder.ptrtoint(data, _WORD), _WORDS)
        places = builder.zext(builder.fptoui(arguments[1], _INTS), _WORDS)
        places = builder.shl(places, ir.Constant(_WORDS, [3] * LANES))  # in bytes
        pointers, mask = ir.VectorType(data.type, LANES), ir.VectorType(ir.IntType(1), LANES)
        kind = ir.FunctionType(_WORDS, [pointers, _INT, mask, _WORDS])
        gather = builder.module.declare_intrinsic("llvm.masked.gather.v16i64.v16p0", fnty=kind)
        given = [builder.inttoptr(builder.add(begin, places), pointers), ir.Constant(_INT, 8)]
        return builder.call(gather, [*given, ir.Constant(mask, [1] * LANES), ir.Constant(_WORDS, ir.Undefined)])

    return _words(array, _lanes), generate


def _quarter(typing: Any, words: Any, number: Any) -> Any:
    if not isinstance(number, types.IntegerLiteral):
        return None
    value = number.literal_value

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        halves = builder.bitcast(arguments[0], ir.VectorType(_INT, 2 * LANES))
        of = ir.Constant(_INTS, [2 * n + value // 2 for n in range(LANES)])
        half = builder.shuffle_vector(halves, ir.Constant(halves.type, ir.Undefined), of)
        if value % 2:
            return builder.sitofp(builder.lshr(half, ir.Constant(_INTS, [16] * LANES)), _FLOATS)
        return builder.sitofp(builder.and_(half, ir.Constant(_INTS, [0xFFFF] * LANES)), _FLOATS)

    return _lanes(words, number), generate


def _any_positive(typing: Any, values: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = ir.IntType(LANES)
        positive = builder.fcmp_ordered(">", arguments[0], ir.Constant(_FLOATS, [0.0] * LANES))
        return builder.icmp_unsigned("!=", builder.bitcast(positive, bits), ir.Constant(bits, 0))

    return types.boolean(_lanes), generate


def _mark_higher(typing: Any, one: Any, other: Any, flags: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[2])(context, builder, arguments[2]).data
        bytes_ = ir.VectorType(ir.IntType(8), LANES)
        more = builder.zext(builder.fcmp_ordered(">", *arguments[:2]), bytes_)
        builder.store(more, builder.bitcast(builder.gep(data, [arguments[3]]), bytes_.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(_lanes, _lanes, flags, at), generate


load: Any = intrinsic(_load)
"""`load(array, at)`: sixteen numbers of an array from a place on."""
store: Any = intrinsic(_store)
"""`store(values, array, at)`."""
every: Any = intrinsic(_every)
"""`every(number)`: the same in all lanes."""
higher: Any = intrinsic(_chosen(">"))
"""`higher(one, other)`, lane by lane."""
lower: Any = intrinsic(_chosen("<"))
any_positive: Any = intrinsic(_any_positive)
"""`any_positive(values)`: whether any of them is above 0."""
mark_higher: Any = intrinsic(_mark_higher)
"""`mark_higher(one, other, flags, at)`: where the one is higher, into flags from a place on."""
root: Any = intrinsic(_function("llvm.sqrt.v16f32"))
down: Any = intrinsic(_function("llvm.floor.v16f32"))
"""`down(values)`: the next whole numbers below."""
fetch: Any = intrinsic(_fetch)
"""`fetch(words, at)`: words of 64 bits of an array from sixteen places, whole numbers."""
quarter: Any = intrinsic(prefer_literal=True)(_quarter)
"""`quarter(words, number)`: 16 of their 64 bits as a number from 0 to 65535, the lowest bits first."""
