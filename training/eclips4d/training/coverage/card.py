"""What a slopes network's card says of its uncertainty, fitted and written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eclips4d.inference.networks.card import card_text
from eclips4d.storage.durable import disk_errors, replace_file
from eclips4d.training.coverage.heights import height_factors
from eclips4d.training.coverage.held_out import HeldOut
from eclips4d.training.coverage.models import recalibrated
from eclips4d.training.coverage.slopes import slope_factors
from eclips4d.training.coverage.surroundings import sd_table
from eclips4d.training.coverage.twice import Twice
from eclips4d.training.coverage.varied import Varied


def cover(path: Path, frames: Sequence[HeldOut], others: Sequence[Varied], twice: Sequence[Twice]) -> dict[str, float]:
    """Fit a slopes network's factors and its table, and write them into its card; returns the factors.

    Parameters
    ----------
    path
        Of its ONNX file; the card beside it is replaced.
    frames
        From `held_out`; the same for all networks.
    others
        From `varied`, likewise.
    twice
        From `taken_twice`, likewise.

    Raises
    ------
    InputError, StoreError
        Weights that cannot be used, a card that cannot be written.
    """
    bare = recalibrated(path)
    slopes = slope_factors(bare, frames)
    told = bare.saying(slopes)
    table = sd_table(told, others)
    coverage = slopes | height_factors(told.asking(table), twice)
    card = bare.networks.slopes_card.model_copy(update={"coverage": coverage, "surroundings": table})
    file = path.with_suffix(".toml")
    with disk_errors(file):
        replace_file(file, card_text(card).encode(), file.with_suffix(".part"))
    return coverage
