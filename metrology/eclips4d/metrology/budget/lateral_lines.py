"""Lines of a budget that the scan makes: pixel size, shear, drift during a frame.

Slopes are read off the segments, whatever the pixels; heights are their integral over pixels. With pixels that are
larger by a and b along x and y, and axes sheared by s (columns per row), least squares gives a structure that rises
towards the azimuth phi a height that is too small by `a cos² phi + b sin² phi + s sin phi cos phi`, relative: the
gradient's direction and that of the structure in the image differ, and only its projection counts.
"""

from __future__ import annotations

import math

from eclips4d.metrology.budget.conditions import Conditions
from eclips4d.metrology.budget.contribution import Contribution, Kind
from eclips4d.metrology.budget.declared import CLOCK, scan_of, stated


def along_axes(azimuth_deg: float) -> tuple[float, float, float]:
    """(cos², sin², sin cos) of an azimuth on the screen, in array axes (y down)."""
    x, y = math.cos(math.radians(azimuth_deg)), -math.sin(math.radians(azimuth_deg))
    return x * x, y * y, x * y


def pixel_lines(conditions: Conditions, stretch: float, azimuth_deg: float) -> tuple[Contribution, Contribution]:
    """Pixel size and shear.

    Parameters
    ----------
    stretch
        Change of the result per relative change of all lengths along the azimuth.
    """
    scan = scan_of(conditions.declared, conditions.instrument.calibration)
    cos2, sin2, mixed = along_axes(azimuth_deg)
    typical = math.hypot(*scan.pixel_size_u) / math.sqrt(2.0)
    parts = cos2 * scan.pixel_size_u[0], sin2 * scan.pixel_size_u[1]
    together = sum(parts) if scan.alike else math.hypot(*parts)
    size = Contribution(
        source="pixel size",
        quantity="pixel size, relative",
        u=typical,
        unit="1",
        sensitivity=stretch * together / typical if typical > 0.0 else 0.0,
        kind="systematic",
        distribution="rectangular" if scan.size_assumed else "normal",
        origin=scan.origin,
        formula="closed form: lengths along the azimuth, "
        + ("one factor for x and y" if scan.alike else "u_x² cos⁴ + u_y² sin⁴"),
        correlated="every length and height of the run",
        assumed=scan.size_assumed,
    )
    shear = Contribution(
        source="shear",
        quantity="angle between the scan's axes",
        u=scan.shear_u_deg,
        unit="degrees",
        sensitivity=stretch * mixed * math.radians(1.0),
        kind="systematic",
        origin=scan.shear_origin,
        formula="closed form: s sin φ cos φ",
        assumed=scan.shear_assumed,
    )
    return size, shear


def drift_in_scan(conditions: Conditions, stretch: float, azimuth_deg: float) -> Contribution:
    """Drift while a frame is scanned changes its row pitch and shears it; heights are not corrected for it.

    The image content moves by rate/(rows - 1) per row, so the specimen's rows lie 1 - that apart.
    """
    _, sin2, mixed = along_axes(azimuth_deg)
    row, column = (rate / max(conditions.rows - 1, 1) for rate in conditions.drift_rate_px)
    return Contribution(
        source="drift",
        quantity="drift during a frame, per row, root mean square over frames",
        u=math.hypot(row * sin2, column * mixed),
        unit="px/px",
        sensitivity=stretch,
        kind="systematic",
        origin="registration's drift rate",
        formula="closed form: row pitch and shear by drift, not corrected in heights",
    )


def clock(conditions: Conditions, velocity: float) -> Contribution:
    """Time base of the scan."""
    known = stated(conditions.declared.clock_u, CLOCK, "quartz of a scan generator")
    return Contribution(
        source="time",
        quantity="time base, relative",
        u=known.u,
        unit="1",
        sensitivity=-velocity,
        kind="systematic",
        origin=known.origin,
        formula="closed form: v = distance/time",
        assumed=known.assumed,
    )


def nothing(source: str, why: str, kind: Kind = "systematic") -> Contribution:
    """A line that is there to say that it is zero, and why."""
    return Contribution(source=source, quantity=why, u=0.0, unit="1", sensitivity=0.0, kind=kind, formula=why)
