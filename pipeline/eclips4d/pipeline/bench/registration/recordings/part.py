"""Part `recordings` of `eclips4d bench registration`: drift and height on recordings with truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from eclips4d.core.results import Drift
from eclips4d.pipeline.bench.registration.context import RegistrationContext
from eclips4d.pipeline.bench.registration.places import rms_error
from eclips4d.pipeline.bench.registration.recordings.datum import DATUM
from eclips4d.pipeline.bench.registration.recordings.drifts import (
    Followed,
    covered,
    followed,
    rate_error,
    start_error,
    start_errors,
)
from eclips4d.pipeline.bench.registration.recordings.heights import CHAIN, METRIC, chain_rows, metric_rows
from eclips4d.pipeline.bench.rows import Row, at_most

ERRORS = "Recordings: drift error at the frame's start, px, rms over frames"
RATES = "Recordings: relative error of the drift rate, rms over frames"
COVERED = "Recordings: share of true errors within the stated standard deviations"
BARS = {"granular_afm": 0.02, "frusta": 0.03, "spiral": 0.10, "stepflow": 0.25}
SMOOTHED_SHARE = 0.6
"""What must be left of an error once all frames are known."""
RATE_BAR = 0.10
EXPECTED = {1: 0.68, 2: 0.95}

_WAYS: tuple[tuple[str, Callable[[Followed], tuple[Drift, ...]], float], ...] = (
    ("live", lambda found: found.live, 1.0),
    ("smoothed", lambda found: found.smoothed, SMOOTHED_SHARE),
)


def rows(context: RegistrationContext) -> list[Row]:
    """All tables; none where there is no recording with truth."""
    folder = _folder(context)
    if folder is None:
        context.console.print("no recordings with truth, so nothing is measured on them", highlight=False)
        return []
    with context.console.status("recordings: drift"):
        found = followed(folder)
    heights: list[Row] = []
    for one in found:
        with context.console.status(f"recordings: {one.case.name} through the whole chain"):
            heights += [*chain_rows(one.case), *metric_rows(one.case)]
    return [*drift_rows(found), *sorted(heights, key=lambda row: (CHAIN, DATUM, METRIC).index(row.table))]


def pictures(context: RegistrationContext, folder: Path) -> None:
    """Errors over time."""
    recordings = _folder(context)
    if recordings is not None:
        from eclips4d.pipeline.bench.registration.recordings.pictures import draw

        draw(followed(recordings), folder)


def drift_rows(found: Sequence[Followed]) -> list[Row]:
    """Errors of drift and rate, and how the stated deviations cover them."""
    return [
        *(row for one in found for row in _errors(one)),
        *(row for one in found for row in _rates(one)),
        *(row for one in found for row in _covered(one)),
    ]


def _errors(one: Followed) -> list[Row]:
    bar, made = BARS.get(one.case.name), []
    for way, drifts, share in _WAYS:
        lengths = np.linalg.norm(start_errors(drifts(one), one.truth), axis=1)
        lost = sum(not drift.aligned for drift in drifts(one))
        spread = f"median {np.median(lengths):.3g}, largest {lengths.max():.3g}, not aligned {lost}"
        error = start_error(drifts(one), one.truth)
        what = f"{_named(one)}: {way} ({spread})"
        made.append(at_most(ERRORS, what, error, None if bar is None else round(share * bar, 4)))
    made.append(Row(ERRORS, f"{_named(one)}: live, line time ignored", rms_error(one.instantaneous, one.truth)))
    plain = float("nan") if one.plain is None else rms_error(one.plain, one.truth)
    said = "scikit-image is not installed" if one.plain is None else "sum of segments, band-passed, windowed"
    return [*made, Row(ERRORS, f"{_named(one)}: plain correlation with frame 0 ({said})", plain)]


def _rates(one: Followed) -> list[Row]:
    size = np.sqrt((one.true_rate[1:] ** 2).sum(axis=1).mean())
    return [
        at_most(RATES, f"{_named(one)}: {way}, of {size:.3g} px", rate_error(drifts(one), one.true_rate), RATE_BAR)
        for way, drifts, _ in _WAYS
    ]


def _covered(one: Followed) -> list[Row]:
    return [
        Row(
            COVERED,
            f"{_named(one)}: {way}, within {deviations} sd",
            covered(drifts(one), one.truth, deviations),
            f"about {wanted:g}",
        )
        for way, drifts, _ in _WAYS
        for deviations, wanted in EXPECTED.items()
    ]


def _named(one: Followed) -> str:
    return f"{one.case.name}, {len(one.case.frames) - 1} frames"


def _folder(context: RegistrationContext) -> Path | None:
    folder = context.data / "recordings" if context.data else None
    return folder if folder and folder.is_dir() else None
