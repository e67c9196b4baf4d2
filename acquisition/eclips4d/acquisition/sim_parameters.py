"""What can be asked of the simulated microscope, as the settings themselves say it: for terminals and documents."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from eclips4d.acquisition.fault_plan import FaultPlan
from eclips4d.acquisition.sim_effects import SETS
from eclips4d.acquisition.sim_settings import SimSettings
from eclips4d.core.settings import Settings
from eclips4d.physics.scenes import SCENES
from eclips4d.physics.signal.effects import Effects


class Parameter(NamedTuple):
    """One of them; `default` as it would be written in an address."""

    name: str
    default: str
    meaning: str


def microscope_parameters() -> list[Parameter]:
    """Parameters of every scene."""
    return _of(SimSettings)


def scene_parameters(scene: str) -> list[Parameter]:
    """What a scene lets one choose in addition."""
    return [
        Parameter(option.name, option.default, f"{option.meaning}{f', {option.unit}' if option.unit else ''}")
        for option in SCENES[scene].declared
    ]


def effect_parameters() -> list[Parameter]:
    """Words of `effects=`; the default is the size at which a bare NAME switches an effect on."""
    typical = SETS["all"]
    return [Parameter(p.name, _written(getattr(typical, p.name)), p.meaning) for p in _of(Effects)]


def as_markdown(parameters: Iterable[Parameter], default: str = "default") -> str:
    """A table for a document."""
    lines = [f"| parameter | {default} | meaning |", "|---|---|---|"]
    lines += [f"| `{p.name}` | {f'`{p.default}`' if p.default else '–'} | {p.meaning} |" for p in parameters]
    return "\n".join(lines)


def _of(model: type[Settings]) -> list[Parameter]:
    meanings = _attribute_docstrings(model)
    return [
        Parameter(name, _written(field.default), " ".join(meanings.get(name, "").split()))
        for name, field in model.model_fields.items()
    ]


def _attribute_docstrings(model: type[Settings]) -> dict[str, str]:
    """The words under each field, from the class as it is written."""
    (written,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(written, ast.ClassDef)
    return {
        field.target.id: below.value.value
        for field, below in pairwise(written.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }


def _written(value: object) -> str:
    if value is None or isinstance(value, FaultPlan):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ("x" if all(isinstance(part, int) for part in value) else ",").join(_written(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
