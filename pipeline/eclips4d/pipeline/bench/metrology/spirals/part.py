"""Growth spirals against scenes in which cores, spacing and rotation are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eclips4d.metrology.spirals import follow
from eclips4d.pipeline.bench.metrology.context import MetrologyContext
from eclips4d.pipeline.bench.metrology.simulated import movie_from
from eclips4d.pipeline.bench.metrology.spirals.drawing import draw
from eclips4d.pipeline.bench.metrology.spirals.nulls import SCENES as NULLS
from eclips4d.pipeline.bench.metrology.spirals.nulls import false_cores
from eclips4d.pipeline.bench.metrology.spirals.trials import DOSES, Trial, Trials, trials
from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.truth_cases import recorded_cases

FOUND = "Spirals: cores found, and what is wrong with them"
ERRORS = "Spirals: largest errors of place, spacing and rotation"
COVERED = "Spirals: share of normalised errors within 1"
LAW = "Spirals: the law of Burton, Cabrera and Frank"
FALSE = "Spirals: cores found where there are none"
RECORDED = "Spirals: the recording of one that turns once a minute"

SEEDS = 5
_TURN_S = 60.0


def rows(context: MetrologyContext) -> list[Row]:
    """All tables."""
    seeds = context.seeds or SEEDS
    with context.console.status("spirals"):
        found = trials(seeds)
        nulls = {scene: false_cores(scene, seeds) for scene in NULLS}
        last = [] if context.data is None else recorded_rows(context.data)
    return [
        *_found_rows(found),
        *(row for dose in DOSES for row in _error_rows(dose, [each for each in found.cores if each.dose == dose])),
        *_covered_rows(found.cores),
        *_law_rows(found.cores),
        *(at_most(FALSE, f"{scene}, {seeds} frames of 160²", count, 0) for scene, count in nulls.items()),
        *last,
    ]


def pictures(context: MetrologyContext, folder: Path) -> None:
    """Height with arms as fitted, and phases over time."""
    draw(folder)


def recorded_rows(data: Path) -> list[Row]:
    """The recording whose spiral turns once a minute; none where it is missing."""
    found = []
    for case in recorded_cases(data / "recordings"):
        if case.name != "spiral":
            continue
        tracks = follow(movie_from(case.frames, case.instrument)).tracks
        found.append(Row(RECORDED, "cores found", len(tracks), "1", len(tracks) == 1))
        for track in tracks:
            rate = track.rotation_per_s
            said = f"rotation × 60 s − 1, % (± {100 * rate.u * _TURN_S:.2g}), {len(track.seen)} frames"
            found.append(_within(RECORDED, said, 100 * (rate.value * _TURN_S - 1.0), 1.0))
            found.append(Row(RECORDED, f"spacing, nm (± {track.spacing_nm.u:.2g})", track.spacing_nm.value))
            found.append(
                Row(RECORDED, f"height of a step, nm (± {track.step_height_nm.u:.2g})", track.step_height_nm.value)
            )
    return found


def _found_rows(found: Trials) -> list[Row]:
    missed = sum(each.track is None for each in found.cores)
    there = [each for each in found.cores if each.track is not None]
    return [
        Row(FOUND, "cores in all movies of 8 frames of 192², 300 to 3000 electrons", len(found.cores)),
        at_most(FOUND, "not found", missed, 0),
        at_most(FOUND, "found where there is none", found.false, 0),
        at_most(FOUND, "wrong sense", sum(not each.sense_right for each in there), 0),
        at_most(FOUND, "wrong number of arms", sum(not each.arms_right for each in there), 0),
    ]


def _error_rows(dose: int, found: Sequence[Trial]) -> list[Row]:
    there = [each for each in found if each.track is not None]
    said = f"{dose} electrons, {len(there)} cores"

    def worst(values: list[float]) -> tuple[float, float]:
        size = np.abs(values) if values else np.array([np.nan])
        return float(np.max(size)), float(np.sqrt(np.mean(size**2)))

    place, spacing, rotation = (
        worst(each)
        for each in (
            [t.off_px for t in there],
            [100 * t.spacing_off for t in there],
            [100 * t.rotation_off for t in there],
        )
    )
    return [
        at_most(ERRORS, f"{said}: place, px (rms {place[1]:.2g})", place[0], 0.5),
        at_most(ERRORS, f"{said}: spacing, % (rms {spacing[1]:.2g})", spacing[0], 1.0),
        at_most(ERRORS, f"{said}: rotation, % (rms {rotation[1]:.2g})", rotation[0], 1.0),
    ]


def _covered_rows(found: Sequence[Trial]) -> list[Row]:
    told = [each.normalised for each in found if each.normalised is not None]
    values = {name: np.array([each[name] for each in told]) for name in ("x", "y", "spacing", "rotation")}
    everything = np.concatenate(list(values.values()))
    share = float(np.mean(everything <= 1.0))
    return [
        *(Row(COVERED, f"{name}, {len(each)} values", float(np.mean(each <= 1.0))) for name, each in values.items()),
        Row(COVERED, f"all, {len(everything)} values", share, "0.95 ± 0.03", abs(share - 0.95) <= 0.03),
    ]


def _law_rows(found: Sequence[Trial]) -> list[Row]:
    laws = [each.law for each in found if each.law is not None]
    ratios, ps = np.array([law.ratio.value for law in laws]), np.array([law.p for law in laws])
    rejected = float(np.mean(ps < 0.05))
    stated = float(np.median([law.ratio.u for law in laws]))
    return [
        Row(
            LAW,
            f"18.99 r_c over spacing: median of {len(laws)} spirals (± {stated:.2g} each)",
            float(np.median(ratios)),
        ),
        at_most(LAW, "share of spirals of the law that p < 0.05 would reject", rejected, 0.1),
    ]


def _within(table: str, what: str, value: float, bar: float) -> Row:
    return Row(table, what, value, f"within ± {bar}", bool(abs(value) <= bar))
