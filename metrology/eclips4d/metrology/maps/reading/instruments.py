"""Height maps as atomic force microscopes write them, through the package SurfaceTopography.

Its heights are [x, y] with y counted from the top of the image; ours are [y, x].
"""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.core.units import NM_PER_UNIT
from eclips4d.metrology.maps.height_map import HeightMap
from eclips4d.metrology.maps.reading.channels import chosen
from eclips4d.metrology.optional import needed

BROKEN = (OSError, ValueError, KeyError, IndexError, AssertionError, RuntimeError, TypeError, AttributeError, EOFError)
"""What its readers let through over a damaged file, besides errors of their own."""


def read_instrument(path: Path, channel: str | None) -> HeightMap:
    """One channel of any file that SurfaceTopography knows: Bruker and Nanoscope, Asylum and Igor, JPK, Park, …"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says on import that there is no MPI
        files = needed("SurfaceTopography.IO", "formats", path)
        errors = needed("SurfaceTopography.Exceptions", "formats", path)
        try:
            reader = files.open_topography(str(path))
            channels = [one for one in reader.channels if isinstance(one.unit, str) and one.unit in NM_PER_UNIT]
            names = [str(one.name) for one in channels]
            if not names:
                raise InputError("holds no heights in a unit of length", where=str(path))
            at = chosen(names, channel, path)
            surface = reader.topography(channel_index=channels[at].index)
            height = _on_screen(surface, channels[at].nb_grid_pts)
            unit = NM_PER_UNIT[str(surface.unit)]
        except InputError:
            raise
        except (errors.ReadFileError, struct.error, *BROKEN) as error:
            said = " ".join(str(error).split())[:120] or type(error).__name__
            raise InputError(f"cannot be read: {said}", where=str(path)) from error
    width, length = (float(size) * unit for size in surface.physical_sizes)
    rows, columns = height.shape
    return HeightMap(height * unit, (width / columns, length / rows), path.name, names[at])


def _on_screen(surface: Any, grid: tuple[int, int]) -> NDArray[np.float64]:
    held = np.ma.filled(np.ma.asarray(surface.heights(), np.float64), np.nan)
    columns, rows = grid
    if held.shape == (columns, rows):
        return np.ascontiguousarray(held.T)
    # Its reader of Nanoscope files takes columns for rows where an image is not square: the values are put in order.
    return np.fliplr(held).T.reshape(rows, columns)[::-1].copy()
