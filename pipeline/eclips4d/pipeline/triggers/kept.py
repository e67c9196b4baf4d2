"""Whether a run keeps what its triggers look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from eclips4d.core.errors import InputError

NEEDS: Final = {"residual": ("residual",), "trust": ("trust",), "step": ("height", "slope", "slope_sd")}


def check_kept(quantities: Iterable[str], products: Sequence[str], segments: int, where: str) -> None:
    """Refuse to watch what a run does not keep, or what its detector cannot tell.

    Raises
    ------
    InputError
    """
    for quantity in quantities:
        if gone := [name for name in NEEDS.get(quantity, ()) if name not in products]:
            cure = f"run with --keep that names {gone[0]}"
            raise InputError(f"the run keeps no {gone[0]}, which {quantity} needs", where=where, cure=cure)
        if quantity == "residual" and segments <= 3:
            raise InputError(f"{segments} segments leave no residual", where=where, cure="watch trust or drift")
