"""A real facetted surface: no truth for single pixels, but slopes of a surface have no curl."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eclips4d.core.results import Surface
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.pipeline.bench import scores
from eclips4d.pipeline.bench.networks.heights.models import CLOSED, judged
from eclips4d.pipeline.bench.real_frames import one_frame
from eclips4d.pipeline.bench.rows import Row

TABLE = "Facets, real: power of the slopes' curl over that of their divergence"
BLURS_PX = (2.0, 0.5)
"""Structure that the pixels resolve, and nearly all of it: noise has as much curl as divergence."""


def facet_rows(folder: Path, models: Sequence[str]) -> list[Row]:
    """Of the frame in `folder`; the networks must have no more curl than the closed form."""
    rows: list[Row] = []
    ratios: dict[str, list[float]] = {}
    for name in (CLOSED, *models):
        slope = np.asarray(surface(folder, name).slope)
        ratios[name] = [scores.curl_over_divergence(slope, blur) for blur in BLURS_PX]
        for blur, value, theirs in zip(BLURS_PX, ratios[name], ratios[CLOSED], strict=True):
            what = f"{'closed form' if name == CLOSED else name}, {blur:g} px blur"
            bar = ("", None) if name == CLOSED else (f"≤ {theirs:.3g}", value <= theirs)
            rows.append(Row(TABLE, what, value, *bar))
    return rows


def surface(folder: Path, name: str) -> Surface:
    """The only frame of a folder, inverted."""
    data, instrument = one_frame(folder)
    return judged(name, instrument).model(data, estimate_calibration(data, instrument))
