"""An instrument description as the TOML that `parse_instrument` reads back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eclips4d.core.instrument import Instrument


def to_toml(instrument: Instrument) -> str:
    """Every table that is said; numbers keep all their digits."""
    said = instrument.model_dump(mode="json", exclude_none=True)
    return "\n".join(_table(name, values) for name, values in said.items())


def _table(name: str, values: Mapping[str, Any]) -> str:
    """JSON's numbers, strings, booleans and arrays are TOML's; tables inside a table get their own heading."""
    plain = {k: v for k, v in values.items() if not isinstance(v, Mapping)}
    nested = {k: v for k, v in values.items() if isinstance(v, Mapping) and v}
    lines = [f"[{name}]", *(f"{_key(key)} = {json.dumps(value)}" for key, value in plain.items()), ""]
    return "\n".join([*lines, *(_table(f"{name}.{_key(key)}", inner) for key, inner in nested.items())])


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else json.dumps(name)
