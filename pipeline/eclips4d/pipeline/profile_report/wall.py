"""The angle of walls that `--wall` gives."""

from __future__ import annotations

from eclips4d.core.errors import InputError
from eclips4d.metrology.profiles.wall import Wall, parse_wall


def declared_wall(text: str | None) -> Wall | None:
    """DEG or DEG:U of `--wall`; None where it was not given.

    Raises
    ------
    InputError
        Not one or two numbers, or no angle that a wall has.
    """
    if text is None:
        return None
    try:
        return parse_wall(text)
    except InputError as error:
        raise InputError(error.what, where=f"--wall {text}", cure=error.cure) from None
