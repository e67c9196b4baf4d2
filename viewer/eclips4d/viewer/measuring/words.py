"""Measured numbers in words."""

from __future__ import annotations

import math
from statistics import median

from eclips4d.metrology.quantity import Quantity
from eclips4d.viewer.lengths import with_uncertainty
from eclips4d.viewer.measuring.answers import AreaReading, LineReading, LineSeries, SpiralReading, StepRead

MOST_DIGITS = 6


def plain(quantity: Quantity, unit: str) -> str:
    """A size without a sign, such as 6.3 ± 0.2 nm."""
    return with_uncertainty(quantity.value, quantity.u, unit)[0].lstrip("+")


def signed(quantity: Quantity, unit: str) -> str:
    """A number whose sign means something, such as −1.23 ± 0.04 nm/s."""
    return significant(quantity.value, quantity.u, unit, sign=True)


def significant(value: float, u: float, unit: str, *, sign: bool = False) -> str:
    """A value to the second digit of its uncertainty, or to five digits when nobody knows that."""
    if not math.isfinite(value):
        return "–"
    known = math.isfinite(u) and u > 0
    if u == 0 and float(value).is_integer():
        return f"{value:{'+' if sign else ''}.0f} {unit}".rstrip().replace("-", "−")
    digits = 1 - math.floor(math.log10(u)) if known else 4 - math.floor(math.log10(abs(value))) if value else 0
    digits = min(max(digits, 0), MOST_DIGITS)
    number = f"{value:{'+' if sign else ''}.{digits}f}".replace("-", "−")
    spread = f" ± {u:.{digits}f}" if known else ""
    return f"{number}{spread} {unit}".rstrip().replace(" °", "°")


def step_words(step: StepRead) -> str:
    """Height and slope angle of a step."""
    return f"{plain(step.height_nm, 'nm')}\n{plain(step.angle_deg, '°')}"


def wall_words(reading: LineReading) -> list[str]:
    """Of steps whose height depends on an angle that pixels do not tell, or whose wall is not as steep as declared."""
    from eclips4d.metrology.profiles.wall import contradicted_words, open_words

    numbered, wall = list(enumerate(reading.steps, start=1)), reading.question.wall
    words = []
    if unknown := [(k, step) for k, step in numbered if step.wall_open]:
        share = max(step.wall_u_nm / abs(step.height_nm.value) for _, step in unknown)
        words.append(f"{_named(unknown)}: {open_words(share)}; declare it if you know")
    if wall is not None and (others := [(k, s) for k, s in numbered if wall.contradicts(s.angle_deg.value)]):
        read = median(abs(step.angle_deg.value) for _, step in others)
        words.append(f"{_named(others)}: {contradicted_words(wall, read)}")
    return words


def _named(steps: list[tuple[int, StepRead]]) -> str:
    return f"step{'s' * (len(steps) > 1)} {', '.join(str(k) for k, _ in steps)}"


def area_words(reading: AreaReading) -> str:
    """The largest facet of an area: how steep, which way it falls; or why there is none."""
    if not reading.facets:
        return reading.note
    facet = reading.facets[0]
    way = f" → {plain(facet.azimuth_deg, '°')}" if facet.tilt_deg.value > 2.0 * facet.tilt_deg.u else ""
    return f"{plain(facet.tilt_deg, '°')}{way}"


def series_words(series: LineSeries | None, name: str) -> str:
    """How far a line was followed."""
    if series is None:
        return f"{name}: not read yet"
    if series.note:
        return f"{name}: {series.note}"
    more = "" if series.every == 1 else f", one frame in {series.every}"
    if len(series.frames) < series.wanted:
        return f"{name}: {len(series.frames)} of {series.wanted} frames{more}"
    count = len(series.frames)
    late = f", steps of {series.linked}" if series.linked < count else ""
    return f"{name}: {count} frame{'s' * (count != 1)}{more}{late}"


def core_words(reading: SpiralReading) -> list[str]:
    """One text for each spiral, which way it turns while it grows, how far its arms are apart, how fast it turns."""
    lines = []
    for core in reading.cores:
        way = "clockwise" if core.sense > 0 else "counter-clockwise"
        arms = "1 arm" if core.arms == 1 else f"{core.arms} arms"
        turn = f", {signed(core.rotation_per_s, '1/s')}" if math.isfinite(core.rotation_per_s.value) else ""
        lines.append(f"S{core.core_id + 1}: {way}, {arms}, {plain(core.spacing_nm, 'nm')}{turn}")
    return lines
