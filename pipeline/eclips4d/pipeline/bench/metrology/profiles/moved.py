"""The same steps in frames that drift, moved onto the grid before they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from eclips4d.metrology.profiles.line import line_sampler
from eclips4d.metrology.profiles.step import StepReading, read_step
from eclips4d.metrology.quantity import Quantity
from eclips4d.pipeline.bench.metrology.profiles.cases import WIDTH_PX, Case, sub_pixel_blur, told_response
from eclips4d.pipeline.bench.metrology.simulated import measured
from eclips4d.pipeline.bench.rows import Row

TABLE = "Steps in frames that drift"
FRAMES, DOSE, SUPERSAMPLE = 5, 1000.0, 4
CASES = ((10.0, 4.0, 20.0), (10.0, 4.0, 45.0))
HEIGHT_BAR, ANGLE_BAR = 1.0, 0.2


def moved_rows(seeds: int) -> list[Row]:
    """Mean error and share of honest uncertainties of frames that were moved by fractions of a pixel."""
    made = []
    for values in CASES:
        case = Case(*values)
        read = [step for seed in range(1, seeds + 1) for step in _readings(case, seed)]
        size = f"{case.height_nm:g} nm, {case.pixel_nm:g} nm pixels, {case.angle_deg:g} degrees"
        what = f"{size}, {len(read)} frames"
        heights, angles = [step.height_nm for step in read], [step.angle_deg for step in read]
        made += _judged(f"{what}: height, %", heights, case.height_nm, 100.0 / case.height_nm, HEIGHT_BAR)
        made += _judged(f"{what}: angle, degrees", angles, case.angle_deg, 1.0, ANGLE_BAR)
    return made


def _judged(what: str, read: Sequence[Quantity], truth: float, unit: float, bar: float) -> list[Row]:
    errors = unit * (np.array([quantity.value for quantity in read]) - truth)
    mean, error = float(errors.mean()), float(errors.std() / np.sqrt(errors.size))
    honest = 100.0 * float(np.mean([quantity.normalised_error(truth) <= 1.0 for quantity in read]))
    return [
        Row(TABLE, f"{what}: mean error ± {error:.2f}", mean, f"within {bar:g}", abs(mean) <= bar),
        Row(TABLE, f"{what}: share of |error|/(2u) ≤ 1, %", honest),
    ]


def _readings(case: Case, seed: int) -> Iterator[StepReading]:
    rows, columns = (max(length, 64) for length in case.shape)
    address = case.address.replace("drift_px=0", "drift_px=0.4").replace(
        f"size={case.shape[1]}x{case.shape[0]}", f"size={columns}x{rows}"
    )
    movie = measured(f"{address}&dose={DOSE:g}&seed={seed}&supersample={SUPERSAMPLE}", FRAMES).movie
    grid = replace(movie.grid, slope_scale_u=0.0)
    (x0, y0), (x1, y1) = case.line()
    right, down = (0.5 * (a - b) * case.pixel_nm for a, b in zip((columns, rows), case.shape[::-1], strict=True))
    line = (x0 + right, y0 + down), (x1 + right, y1 + down)
    response = replace(told_response(), blur_px=sub_pixel_blur(SUPERSAMPLE))
    sampler = line_sampler(line, grid, movie.shape, WIDTH_PX * case.pixel_nm)
    for frame in movie:
        if frame.frame > 0:
            yield read_step(sampler(frame), *case.intervals(rises=True), grid, response=response)
