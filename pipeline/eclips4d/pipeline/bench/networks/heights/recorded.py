"""Recordings with truth: heights over the floor that counting sets, given the true gains, dark levels and drift."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Drift
from eclips4d.pipeline.bench import scores
from eclips4d.pipeline.bench.networks.heights.models import CLOSED, judged
from eclips4d.pipeline.bench.networks.integration.scores import BANDS, Score, score
from eclips4d.pipeline.bench.networks.slopes.errors import interval_row
from eclips4d.pipeline.bench.networks.slopes.scores import ratio_interval
from eclips4d.pipeline.bench.over_floor import floor_of
from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.truth_cases import Case, built_in_case, calibration_with_truth, recorded_cases
from eclips4d.registration.resample import resample

F32 = NDArray[np.float32]

FLOOR = "Heights of recordings given true gains and drift: rms error over the floor"
OVER_CLOSED = "Heights of recordings given true gains and drift: rms error over the closed form's"
BAND = "Heights of recordings, by wavelength: rms error over the closed form's"
SCALE = "Slopes of recordings: scale of resolved structure, and angles of faces"
OVER_FLOOR, OVER_CLOSED_BAR = 1.05, {"frusta": 0.5}
"""Gentle recordings: at most this, or the closed form's own where that is above. Steep ones: over the closed form."""
SCALE_WITHIN, FACE_WITHIN_DEG = 0.005, 0.2
_FACE_DEG = {"frusta": (35.26, 50.0)}


@dataclass(frozen=True, slots=True)
class Movie:
    """All frames of a recording through one model, on the specimen's grid.

    Attributes
    ----------
    slopes : tuple of float32 [2, y, x]
    heights : tuple of float32 [y, x]
    scores : tuple of Score
        One per frame.
    """

    slopes: tuple[F32, ...]
    heights: tuple[F32, ...]
    scores: tuple[Score, ...]

    @property
    def rms(self) -> NDArray[np.float64]:
        """Height error of each frame, nm."""
        return np.array([s.rms for s in self.scores])


def recording_rows(data: Path | None, models: Sequence[str]) -> list[Row]:
    """All tables of the recordings in `data`; of the built-in simulation where there are none."""
    rows: list[Row] = []
    for case in cases(data):
        found = {name: movie(case, name) for name in (CLOSED, *models)}
        rows += floor_rows(case, found) + closed_rows(case, found) + band_rows(case, found)
        for name, made in found.items():
            rows += scale_rows(case, name, made)
    return [row for table in (FLOOR, OVER_CLOSED, BAND, SCALE) for row in rows if row.table == table]


def cases(data: Path | None) -> Iterator[Case]:
    """Recordings with truth beside them."""
    folder = data / "recordings" if data else None
    if folder and folder.is_dir():
        yield from recorded_cases(folder)
    else:
        yield built_in_case()


def movie(case: Case, name: str) -> Movie:
    """Invert every frame and move it by its true drift."""
    model, calibration = judged(name, case.instrument).model, calibration_with_truth(case)
    found = [resample(model(f.data, calibration), d) for f, d in zip(case.frames, drifts(case), strict=True)]
    scored = []
    for surface, truth in zip(found, case.truth.height_nm, strict=True):
        seen = scores.inner(truth.shape) & np.isfinite(surface.height)
        scored.append(score(np.asarray(surface.height, dtype=np.float64), np.asarray(truth, dtype=np.float64), seen))
    return Movie(tuple(s.slope for s in found), tuple(s.height for s in found), tuple(scored))


def drifts(case: Case) -> list[Drift]:
    """The true ones."""
    return [
        Drift(start=(float(s[0]), float(s[1])), rate=(float(r[0]), float(r[1])))
        for s, r in zip(case.truth.drift_px, case.truth.drift_within_frame_px, strict=True)
    ]


def floor_rows(case: Case, found: dict[str, Movie]) -> list[Row]:
    """Errors over the floor; without a stated dose there is none."""
    if not case.instrument.beam.electrons_per_pixel:
        return [Row(FLOOR, f"{case.name}: no dose stated, so no floor", float("nan"))]
    floor = floor_of(case.instrument, case.truth, drifts(case))
    over = {name: scores.rms(made.rms) / floor for name, made in found.items()}
    gentle = case.name not in OVER_CLOSED_BAR
    bar = float(f"{max(OVER_FLOOR, over[CLOSED]):.3f}") if gentle else None
    rows = [Row(FLOOR, f"{case.name}: closed form", over[CLOSED])]
    return rows + [at_most(FLOOR, f"{case.name}: {name}", over[name], bar) for name in found if name != CLOSED]


def closed_rows(case: Case, found: dict[str, Movie]) -> list[Row]:
    """Errors over the closed form's, paired by frame."""
    bar = OVER_CLOSED_BAR.get(case.name)
    rows = [Row(OVER_CLOSED, f"{case.name}: closed form, rms error, nm", scores.rms(found[CLOSED].rms))]
    return rows + [
        interval_row(OVER_CLOSED, f"{case.name}: {name}", ratio_interval(made.rms, found[CLOSED].rms), bar)
        for name, made in found.items()
        if name != CLOSED
    ]


def band_rows(case: Case, found: dict[str, Movie]) -> list[Row]:
    """The same by wavelength, N the image's side; nothing is demanded."""
    rows = []
    for name in (name for name in found if name != CLOSED):
        for k, band in enumerate(BANDS):
            ours, theirs = (np.array([s.bands[k] for s in made.scores]) for made in (found[name], found[CLOSED]))
            rows.append(interval_row(BAND, f"{case.name}, {band}: {name}", ratio_interval(ours, theirs), None))
    return rows


def scale_rows(case: Case, name: str, made: Movie) -> list[Row]:
    """Slope scale and face angles; bars for the networks alone."""
    heights = list(case.truth.height_nm)
    said = "closed form" if name == CLOSED else name
    scale = scores.slope_scale(made.slopes, heights, case.pixel_nm)
    within = None if name == CLOSED else abs(scale - 1.0) <= SCALE_WITHIN
    rows = [Row(SCALE, f"{case.name}: {said}", scale, "1 ± 0.005", within)]
    for angle in _FACE_DEG.get(case.name, ()):
        read = scores.face_angle(made.slopes, heights, case.pixel_nm, angle)
        near = None if name == CLOSED else abs(read - angle) <= FACE_WITHIN_DEG
        rows.append(Row(SCALE, f"{case.name}: {said}, face of {angle}°", read, f"± {FACE_WITHIN_DEG}", near))
    return rows
