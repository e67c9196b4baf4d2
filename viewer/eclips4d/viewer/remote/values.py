"""Frozen dataclasses as trees of plain values, and back; what comes back has the declared types, or it is damaged.

References to what travels by itself (arrays, long tuples, dataclasses that are compared by identity) stand in a tree as
extensions; `eclips4d.viewer.remote.parcel` knows what they stand for.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Any, Union, get_args, get_origin

import msgspec
import numpy as np

from eclips4d.core.errors import WireError

Find = Callable[[Any, bytes], object]
"""What a reference of this declared type stands for."""
REFERENCE = 1
"""Code of the msgpack extension that is one."""
_PLAIN = (bool, int, str, bytes)


def rebuilt(kind: Any, tree: Any, find: Find) -> Any:
    """The value of the declared type that a tree stands for.

    Parameters
    ----------
    kind : type
        A dataclass, an array type, or any type that its fields have.
    tree : object
        As msgpack gives it.
    find : callable
        Resolves references.

    Raises
    ------
    WireError
        It stands for no such value.
    """
    if isinstance(tree, msgspec.msgpack.Ext):
        if tree.code != REFERENCE:
            raise WireError(f"an extension of code {tree.code}")
        return find(kind, bytes(tree.data))
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _one_of(kind, tree, find)
    if origin in (tuple, frozenset):
        return _collection(kind, origin, tree, find)
    if hasattr(kind, "__dataclass_fields__"):
        return _dataclass(kind, tree, find)
    if kind is float and type(tree) in (int, float):
        return float(tree)
    if kind in _PLAIN and type(tree) is kind:
        return tree
    raise WireError(f"{type(tree).__name__} where {getattr(kind, '__name__', kind)} is declared")


def fits(kind: Any, value: object) -> bool:
    """Whether what a reference stands for can be of the declared type."""
    if get_origin(kind) in (Union, types.UnionType):
        return any(fits(one, value) for one in get_args(kind))
    return isinstance(value, get_origin(kind) or kind)


def bare(kind: Any) -> Any:
    """The declared type without its None."""
    if get_origin(kind) not in (Union, types.UnionType):
        return kind
    return next(one for one in get_args(kind) if one is not types.NoneType)


@cache
def declared(kind: type) -> tuple[Any, ...]:
    """Types of a dataclass's fields."""
    hints = typing.get_type_hints(kind, localns=_names_of(kind))
    return tuple(hints[field.name] for field in fields(kind))


def _names_of(kind: type) -> dict[str, Any]:
    if kind.__name__ != "StackShown":
        return {}
    from eclips4d.metrology.stack.layers import Motion  # takes a second, which others need not spend

    return {"Motion": Motion}


def _one_of(kind: Any, tree: Any, find: Find) -> Any:
    if tree is None and types.NoneType in get_args(kind):
        return None
    return rebuilt(bare(kind), tree, find)


def _collection(kind: Any, origin: Any, tree: Any, find: Find) -> Any:
    if not isinstance(tree, list):
        raise WireError(f"{type(tree).__name__} where several values are declared")
    inside = get_args(kind)
    if origin is frozenset or inside[-1] is Ellipsis:
        return origin([rebuilt(inside[0], one, find) for one in tree])
    if len(inside) != len(tree):
        raise WireError(f"{len(tree)} values where {len(inside)} are declared")
    return tuple(rebuilt(one, value, find) for one, value in zip(inside, tree, strict=True))


def _dataclass(kind: Any, tree: Any, find: Find) -> Any:
    hints = declared(kind)
    if not isinstance(tree, list) or len(tree) != len(hints):
        raise WireError(f"no {kind.__name__}")
    values = [rebuilt(hint, value, find) for hint, value in zip(hints, tree, strict=True)]
    try:
        return kind(*values)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise WireError(f"no {kind.__name__}: {error}") from error


def plain(value: Any, refer: Callable[[Any], bytes | None]) -> Any:
    """A value as a tree.

    Parameters
    ----------
    value : object
        Made of dataclasses, arrays, tuples, numbers, text and None.
    refer : callable
        The reference by which a value travels by itself; None for one that stands in the tree.
    """
    if value is None or isinstance(value, (str, bytes)):
        return value
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value)
    reference = refer(value)
    return contents(value, refer) if reference is None else msgspec.msgpack.Ext(REFERENCE, reference)


def contents(value: Any, refer: Callable[[Any], bytes | None]) -> list[Any]:
    """What a dataclass or a collection holds, as trees."""
    if isinstance(value, (tuple, frozenset)):
        return [plain(one, refer) for one in (value if isinstance(value, tuple) else sorted(value))]
    return [plain(getattr(value, field.name), refer) for field in fields(value)]
