"""From readings to rows: what `Enter` notes down, and what the table shows before that."""

from __future__ import annotations

from collections.abc import Iterator

from eclips4d.metrology.quantity import Quantity
from eclips4d.viewer.measuring.answers import AreaReading, LineReading, SpiralReading
from eclips4d.viewer.measuring.rows import Row
from eclips4d.viewer.profile import ReadOut


def ends_rows(name: str, frame: int, time_s: float, found: ReadOut) -> Iterator[Row]:
    """Of a line from its one end to the other."""
    yield Row(name, frame, time_s, "length", found.length_nm, 0.0, "nm")
    height_u = Quantity(found.height_nm, found.height_u_nm, abs(found.height_nm) * found.scale_u).u
    yield Row(name, frame, time_s, "height b − a", found.height_nm, height_u, "nm")
    yield Row(name, frame, time_s, "mean slope", found.angle_deg, found.angle_u_deg, "°")


def line_rows(name: str, reading: LineReading) -> Iterator[Row]:
    """Of the steps of a line, from its start to its end; what was declared of their walls before them."""
    frame, wall = reading.question.frame, reading.question.wall
    if wall is not None and reading.steps:
        yield Row(name, frame, reading.time_s, "walls, declared", wall.angle_deg, wall.u_deg, "°")
    for k, step in enumerate(reading.steps, start=1):
        for word, quantity, unit in (
            ("position", step.position_nm, "nm"),
            ("height, wall open" if step.wall_open else "height", step.height_nm, "nm"),
            ("angle", step.angle_deg, "°"),
            ("width", step.width_nm, "nm"),
        ):
            yield _row(name, frame, step.time_s, f"step {k} {word}", quantity, unit)


def area_rows(name: str, reading: AreaReading) -> Iterator[Row]:
    """Of an area."""
    frame, time_s = reading.question.frame, reading.time_s
    for k, facet in enumerate(reading.facets, start=1):
        yield _row(name, frame, time_s, f"facet {k} tilt", facet.tilt_deg, "°")
        yield _row(name, frame, time_s, f"facet {k} falls towards", facet.azimuth_deg, "°")
        yield Row(name, frame, time_s, f"facet {k} share of area", 100.0 * facet.share, float("nan"), "%")
    for word, quantity, unit in (
        ("angle between facets 1 and 2", reading.between_deg, "°"),
        ("mean height over the rest", reading.height_nm, "nm"),
        ("Sq with noise" if reading.sq_with_noise else "Sq", reading.sq_nm, "nm"),
    ):
        if quantity is not None:
            yield _row(name, frame, time_s, word, quantity, unit)


def spiral_rows(reading: SpiralReading) -> Iterator[Row]:
    """Of all spirals; turning clockwise on the screen while it grows counts as positive sense."""
    for core in reading.cores:
        name = f"S{core.core_id + 1}"
        for word, quantity, unit in (
            ("core x", core.x_nm, "nm"),
            ("core y", core.y_nm, "nm"),
            ("spacing of arms", core.spacing_nm, "nm"),
            ("rotation", core.rotation_per_s, "1/s"),
        ):
            yield _row(name, reading.last, reading.time_s, word, quantity, unit)
        for word, number in (("sense", core.sense), ("arms", core.arms)):
            yield Row(name, reading.last, reading.time_s, word, float(number), 0.0, "")


def velocity_row(name: str, frame: int, time_s: float, velocity: Quantity, *, aliased: bool = False) -> Row:
    """Of a line drawn on a kymograph."""
    return _row(name, frame, time_s, "velocity drawn, aliased" if aliased else "velocity drawn", velocity, "nm/s")


def _row(name: str, frame: int, time_s: float, word: str, quantity: Quantity, unit: str) -> Row:
    return Row(name, frame, time_s, word, quantity.value, quantity.u, unit)
