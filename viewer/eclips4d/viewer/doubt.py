"""Where not to believe the surface: trust, standard deviations and residual as pictures; knows no Qt.

They are of the frame itself, also where means of frames are shown, but for the height's standard deviation, which goes
with the height that is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from eclips4d.core.results import FloatArray
from eclips4d.viewer.colours import Image8, doubt_table, to_index
from eclips4d.viewer.levels import robust_levels
from eclips4d.viewer.picture import DoubtAsked, DoubtImage, Levels, SurfaceImage

if TYPE_CHECKING:
    from eclips4d.storage.glance import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One map that tells how sure the surface is.

    Attributes
    ----------
    title, unit, hint : str
        On the screen; the unit is empty for what has none.
    needs : tuple of str
        Arrays of the store.
    values : callable
        From those arrays, float32, to what is shown.
    levels : (float, float) or None
        Fixed ones; None where the first picture tells.
    less_is_worse : bool
        Bright colours are given to what is worst.
    """

    title: str
    unit: str
    hint: str
    needs: tuple[str, ...]
    values: Callable[..., FloatArray]
    levels: Levels | None = None
    less_is_worse: bool = False


def angle_sd_deg(slope_sd: FloatArray, slope: FloatArray) -> FloatArray:
    """Standard deviation of the slope angle, degrees: that of a slope component over 1 + slope²."""
    return np.asarray(np.degrees(slope_sd / (1.0 + slope[0] ** 2 + slope[1] ** 2)), np.float32)


DOUBTS: Final[Mapping[str, Doubt]] = MappingProxyType(
    {
        "trust": Doubt(
            title="Trust",
            unit="",
            hint="0: do not believe the surface here, 100: believe it. Shadows, dirt, saturation and misfit lower it.",
            needs=("trust",),
            values=lambda trust: trust,
            levels=(0.0, 100.0),
            less_is_worse=True,
        ),
        "height_sd": Doubt(
            title="Height sd",
            unit="nm",
            hint="Standard deviation of the height's random part. That of the slope scale comes on top.",
            needs=("height_sd",),
            values=lambda height_sd: height_sd,
        ),
        "angle_sd": Doubt(
            title="Angle sd",
            unit="°",
            hint="Standard deviation of the slope angle's random part. That of the slope scale comes on top.",
            needs=("slope_sd", "slope"),
            values=angle_sd_deg,
        ),
        "residual": Doubt(
            title="Residual",
            unit="",
            hint="Misfit of the segments to the surface over what noise makes: 1 is as expected, 3 is not the surface.",
            needs=("residual",),
            values=lambda residual: residual,
            levels=(0.0, 3.0),
        ),
    }
)


def look(products: Run, surface: SurfaceImage, asked: DoubtAsked, last: DoubtImage | None) -> DoubtImage:
    """The map that is asked for; `last` itself when it is that already."""
    if last is not None and last.surface is surface and last.asked == asked:
        return last
    kind = DOUBTS[asked.name]
    missing = [name for name in kind.needs if name not in products]
    if missing:
        return DoubtImage(asked, surface, note=f"no {missing[0]} in this store")
    same = last is not None and last.surface is surface and last.asked.name == asked.name
    values = last.values if same and last is not None else _values(products, surface, kind)
    if values is None or not np.isfinite(values).any():
        return DoubtImage(asked, surface, note=f"{kind.title.lower()}: no pixel of this frame has a value")
    levels = asked.levels or kind.levels or robust_levels(values)
    assert levels is not None
    return DoubtImage(asked, surface, values=values, levels=levels, painted=_painted(values, levels, kind))


def _values(products: Run, surface: SurfaceImage, kind: Doubt) -> FloatArray:
    """NaN where there is no surface to be sure of."""
    held = {"height_sd": surface.height_sd}
    planes = ((held.get(name), products[name]) for name in kind.needs)
    read = (stored[surface.sequence].values if plane is None else plane for plane, stored in planes)
    values = kind.values(*(plane.astype(np.float32, copy=False) for plane in read))
    seen = True if surface.height is None else np.isfinite(surface.height)
    return np.where(seen, values, np.float32(np.nan))


def _painted(values: FloatArray, levels: Levels, kind: Doubt) -> Image8:
    table = doubt_table(less_is_worse=kind.less_is_worse)
    return np.asarray(np.take(table, to_index(values, levels), axis=0), np.uint8)
