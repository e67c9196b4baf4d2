"""A movie of the heights: colours in nm with their bar, a scale bar, and the time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eclips4d.core.errors import InputError
from eclips4d.metrology.export.film_file import write_images
from eclips4d.metrology.export.film_stage import Bar, Image8, Scene, staged
from eclips4d.metrology.export.selection import Selection

SAMPLED = 12
"""Frames that tell the range of colours."""
PERCENTILES = (0.5, 99.5)
LESS = {"none": "", "offset": " over the median", "plane": " over the mean plane", "datum": " on the datum"}


@dataclass(frozen=True, slots=True)
class Look:
    """How the movie looks.

    Attributes
    ----------
    per_second : float
        Frames of the movie per second.
    range_nm : (float, float), optional
        Heights of the first and the last colour; otherwise found from some frames.
    quality : float
        0 to 10, as imageio-ffmpeg counts.
    """

    per_second: float = 10.0
    range_nm: tuple[float, float] | None = None
    quality: float = 8.0


def write_film(chosen: Selection, path: Path, look: Look | None = None) -> None:
    """Write all frames chosen, H.264 in MP4.

    Raises
    ------
    InputError
        The package imageio-ffmpeg is missing, or it cannot write.
    """
    wanted = look or Look()
    images = pictures(chosen, wanted)
    write_images(images, path, per_second=wanted.per_second, title=chosen.name, quality=wanted.quality)


def pictures(chosen: Selection, look: Look) -> Iterator[Image8]:
    """Each frame as [row, column, rgb], both even."""
    import matplotlib

    levels = look.range_nm or span(chosen)
    bar = Bar(matplotlib.colormaps["viridis"], levels, f"height, nm{LESS[chosen.flatten]}")
    stage = staged(Scene(chosen.shape, chosen.pixel_size_nm, bar))
    for frame, time_s in zip(chosen.frames, chosen.times_s, strict=True):
        yield stage.drawn(chosen.height(frame), clock(time_s, frame))


def clock(time_s: float, frame: int) -> str:
    """What stands above an image."""
    return f"{time_s:.1f} s   frame {frame}"


def evenly(count: int) -> list[int]:
    """Some of so many frames, spread over all of them."""
    return sorted({round(k * (count - 1) / max(SAMPLED - 1, 1)) for k in range(SAMPLED)})


def span(chosen: Selection) -> tuple[float, float]:
    """Heights that nearly all pixels of some frames, spread evenly over the movie, lie between."""
    low, high = [], []
    for k in evenly(len(chosen.frames)):
        height = chosen.height(chosen.frames[k])
        known = height[np.isfinite(height)]
        if known.size:
            ends = np.percentile(known, PERCENTILES)
            low.append(float(ends[0]))
            high.append(float(ends[1]))
    if not low:
        raise InputError("no pixel of these frames has a height", cure="choose another --level, or other --frames")
    bottom, top = min(low), max(high)
    return (bottom, top) if top - bottom > 1e-6 else (bottom - 0.5, top + 0.5)
