"""What a comparison came to, as a table: one row per figure, its random and its systematic uncertainty apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from eclips4d.metrology.maps.comparison import Comparison
from eclips4d.metrology.quantity import Quantity

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("figure", "at_height_nm", "value", "random_u", "systematic_u", "unit")

Line = tuple[str, float, Quantity, str]
NAN = math.nan


def figures(found: Comparison) -> list[Line]:
    """Name, height it holds at (NaN: everywhere), value and unit of every figure."""
    placed = [*placement_figures(found), *agreement_figures(found)]
    bins = found.agreement.bins
    return [
        *((name, NAN, value, unit) for name, value, unit in placed),
        *(("bias of pixels about a height", one.height_nm, one.bias_nm, "nm") for one in bins),
        *(("sd of pixels about a height", one.height_nm, Quantity(one.sd_nm, NAN, NAN), "nm") for one in bins),
    ]


def placement_figures(found: Comparison) -> list[tuple[str, Quantity, str]]:
    """Where the map lies."""
    placement, u = found.refined.placement, found.refined.u
    return [
        ("shift along x", Quantity(placement.shift_nm[0], u.shift_nm[0]), "nm"),
        ("shift along y", Quantity(placement.shift_nm[1], u.shift_nm[1]), "nm"),
        ("turn", Quantity(placement.turn_deg, u.turn_deg), "degrees"),
        ("lateral scale, run over map", Quantity(placement.scale, u.scale), "1"),
        ("mirrored", Quantity(float(placement.mirrored), 0.0), "1"),
        ("correlation of the slopes", Quantity(found.refined.correlation, NAN, NAN), "1"),
    ]


def agreement_figures(found: Comparison) -> list[tuple[str, Quantity, str]]:
    """How well both agree."""
    a = found.agreement

    def bare(value: float) -> Quantity:
        return Quantity(value, NAN, NAN)

    return [
        ("pixels compared", Quantity(float(a.pixels), 0.0), "1"),
        ("independent pixels", bare(a.independent), "1"),
        ("correlation length", bare(a.correlation_length_nm), "nm"),
        ("pixel size compared at", Quantity(found.resolution_nm, 0.0), "nm"),
        ("correlation of the heights", bare(a.correlation), "1"),
        ("bias, run less map", a.bias_nm, "nm"),
        ("rms difference", a.rms_nm, "nm"),
        ("sd of the difference", a.sd_nm, "nm"),
        ("robust sd of the difference", bare(a.robust_sd_nm), "nm"),
        ("lower limit of agreement", a.lower_nm, "nm"),
        ("upper limit of agreement", a.upper_nm, "nm"),
        ("growth of the bias with height", a.bias_per_nm, "nm/nm"),
        ("growth of the sd with height", a.sd_per_nm, "nm/nm"),
        ("height scale, run over map", a.ratio.value, "1"),
        ("height scale at least", bare(a.ratio.least), "1"),
        ("height scale at most", bare(a.ratio.most), "1"),
        ("both calibrations' uncertainty", bare(found.expected_ratio_u), "1"),
        ("its normalised error", bare(found.normalised_ratio_error), "1"),
    ]


def as_table(found: Comparison) -> pd.DataFrame:
    """Columns `figure, at_height_nm, value, random_u, systematic_u, unit`."""
    import pandas as pd

    rows = [(name, at, q.value, q.random_u, q.systematic_u, unit) for name, at, q, unit in figures(found)]
    return pd.DataFrame(rows, columns=list(COLUMNS))
