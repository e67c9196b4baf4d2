"""The model card beside a network's weights: what it is, what it learned from, by which command, and how good it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, PositiveInt

from eclips4d.core.settings import Settings, load_toml

_DELETE: Final = ("\x7f", "\\u007f")


class Trained(Settings):
    """How the weights came about.

    Attributes
    ----------
    command
        That made them, complete.
    commit
        Of the source tree it ran in.
    recipe
        Its name; the recipe lies in the source tree.
    """

    date: date
    command: str
    commit: str
    recipe: str
    seed: int
    cores: PositiveInt
    minutes: float = Field(ge=0.0)


class FineTuned(Settings):
    """What a run has shown beyond the physics; see `eclips4d.inference.finetune`.

    Attributes
    ----------
    terms
        Version of what the weights stand for.
    weight
        By segment.
    taken
        Of every direction that the scale lock holds.
    steepest
        Slope up to which it was fitted.
    scale
        Factor on slopes that are read with it.
    """

    terms: str
    weight: tuple[tuple[float, ...], ...]
    taken: tuple[float, ...]
    steepest: float = Field(gt=0.0)
    scale: float = Field(gt=0.0)


class SdTable(Settings):
    """What the surroundings of a pixel tell of its slopes' sd; see `eclips4d.inference.networks.surroundings`.

    Attributes
    ----------
    version
        Of the numbers that it is asked with.
    centre, spread
        Mean and sd of each of them, by which they are levelled.
    weight
        Of the levelled numbers in each rectified sum, then its constant.
    share
        Of the sums in the logarithm of the factor on the sd, then its constant.
    """

    version: str
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    weight: tuple[tuple[float, ...], ...]
    share: tuple[float, ...]


class Card(Settings):
    """One network; the file is TOML and lies beside `NAME.onnx`.

    Attributes
    ----------
    name
        As the file, without its ending.
    kind
        `slopes`: of a frame; `integrator`: slopes to height; `mapper`: slopes to height by the network alone; `vft`:
        what surrounds a pixel to horizons.
    features
        Version of the planes that go in; weights belong to one.
    inputs, outputs
        Planes in and out.
    parameters
        Numbers that were learned.
    sha256
        Of the ONNX file.
    integrator
        Of a slopes network: name of the integrator that goes with it.
    iterations
        Of an integrator: steps of its solver.
    precision
        `f32` where the network must not be computed in less.
    data
        What it was trained on, in words.
    scores
        What it reached on the training's own check, by name.
    coverage
        Factors that calibrate the stated standard deviations, by name.
    surroundings
        Of a slopes network: table of factors on the slopes' sd; absent, the sd is stated as the network says it.
    finetune
        Of a slopes network adapted to a run: what is taken from the slopes before it sees them.
    integers
        Of layers that may compute in int8: size up to which numbers that go in are told apart, by what they come from.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    kind: Literal["slopes", "integrator", "mapper", "vft"]
    features: str
    inputs: PositiveInt
    outputs: PositiveInt
    parameters: PositiveInt
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    integrator: str | None = None
    iterations: PositiveInt | None = None
    precision: Literal["any", "f32"] = "any"
    data: str
    trained: Trained
    scores: dict[str, float] = Field(default_factory=dict)
    coverage: dict[str, float] = Field(default_factory=dict)
    surroundings: SdTable | None = None
    finetune: FineTuned | None = None
    integers: dict[str, float] = Field(default_factory=dict)


def read_card(path: Path) -> Card:
    """Read a card.

    Raises
    ------
    MissingInputError, InputError
        There is none, or it is not a card; file and key are named.
    """
    return load_toml(Card, path)


def card_text(card: Card) -> str:
    """The card as TOML that `read_card` reads back."""
    values = card.model_dump(mode="json", exclude_none=True)
    values["trained"]["date"] = card.trained.date
    plain = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping) and value}
    return (
        "\n".join(
            [*_lines(plain), *(line for name, table in tables.items() for line in ("", f"[{name}]", *_lines(table)))]
        )
        + "\n"
    )


def _lines(values: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in values.items()]


def _value(value: Any) -> str:
    """JSON's numbers and strings are TOML's, but for one character that TOML wants escaped; a date is itself."""
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False).replace(*_DELETE)


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else _value(name)
