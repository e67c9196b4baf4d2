"""`effects=typical,blur,lag_px:0.5`: what the simulated instrument adds, in words."""

from __future__ import annotations

from pydantic import ValidationError

from eclips4d.physics.signal.effects import TYPICAL, Effects

_FULL = TYPICAL.model_copy(update={"blur": True})
SETS = {"none": Effects(), "typical": TYPICAL, "all": _FULL}
"""Words for many effects at once; `all` also blurs."""


def parse_effects(text: str, seed: int = 1) -> Effects:
    """The effects that `text` lists: a word of `SETS` first, then `NAME` at its typical size or `NAME:VALUE`.

    Parameters
    ----------
    seed
        Of what is fixed for an instrument, where the text does not say.

    Raises
    ------
    ValueError
        An unknown word, or a value out of range; the message names it.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    chosen = SETS["none"]
    if words and words[0] in SETS:
        chosen = SETS[words.pop(0)]
    values: dict[str, object] = chosen.model_dump() | {"seed": seed}
    for word in words:
        name, colon, value = word.partition(":")
        if name not in Effects.model_fields:
            raise ValueError(f"unknown effect {name!r}; first one of {', '.join(SETS)}, then {_names()}")
        values[name] = value if colon else _typical(name)
    try:
        return Effects.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        raise ValueError(f"effect {problem['loc'][0]}: {problem['msg']}") from error


def _typical(name: str) -> object:
    size: object = getattr(_FULL, name)
    if size == getattr(SETS["none"], name) and name != "counting":
        raise ValueError(f"effect {name} needs a value, {name}:VALUE")
    return size


def _names() -> str:
    return ", ".join(Effects.model_fields)
