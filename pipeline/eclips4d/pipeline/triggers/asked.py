"""What is asked of triggers on the command line, checked before anything starts."""

from __future__ import annotations

from collections.abc import Sequence

from eclips4d.core.errors import InputError
from eclips4d.pipeline.security.addresses import check_address
from eclips4d.pipeline.security.keys import KeyFolder
from eclips4d.pipeline.triggers.condition import Condition, parse_condition
from eclips4d.pipeline.triggers.kept import check_kept

MOST = 32


def conditions_of(words: Sequence[str], line: str | None) -> list[Condition]:
    """The conditions of all triggers.

    Raises
    ------
    InputError
        None or too many, one that is none, one that is there twice; a step without a line, or a line without a step.
    """
    conditions = [parse_condition(one) for one in words]
    if not 1 <= len(conditions) <= MOST:
        raise InputError(f"{len(conditions)} triggers", where="--trigger", cure=f"give 1 to {MOST}")
    named = [condition.words for condition in conditions]
    if twice := [name for name in named if named.count(name) > 1]:
        raise InputError(f"{twice[0]!r} is there twice", where="--trigger", cure="give each once")
    on_a_line = any(condition.quantity == "step" for condition in conditions)
    if on_a_line and line is None:
        raise InputError("no line to look for steps on", where="--trigger step", cure="give --line X0,Y0,X1,Y1 in nm")
    if line is not None and not on_a_line:
        raise InputError("no trigger needs a line", where="--line", cure="give a --trigger 'step>NM', or leave it out")
    return conditions


def check_beside(
    words: Sequence[str], events: str | None, products: Sequence[str], segments: int, *, record_only: bool
) -> None:
    """Refuse triggers that a run cannot have beside it.

    Raises
    ------
    InputError
    """
    if not words:
        if events is not None:
            raise InputError("there are no triggers to tell of", where="--events", cure="give a --trigger")
        return
    if record_only:
        raise InputError("nothing is judged while frames are only recorded", where="--trigger", cure="leave it out")
    quantities = [parse_condition(one).quantity for one in words]
    if "step" in quantities:
        cure = "watch the run: eclips4d watch RUN.zarr --trigger 'step>NM' --line X0,Y0,X1,Y1"
        raise InputError("no line is drawn before there is a surface", where="--trigger step", cure=cure)
    conditions_of(words, None)
    check_kept(quantities, products, segments, "--trigger")
    if events is not None:
        check_address(events, has_keys=bool(KeyFolder(None).names()))
