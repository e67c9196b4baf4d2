"""Height maps kept as bare arrays: NumPy's `.npz` and TIFF."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.core.units import NM_PER_UNIT
from eclips4d.metrology.maps.height_map import HeightMap
from eclips4d.metrology.maps.reading.channels import chosen

UNKNOWN = float("nan")


def read_npz(path: Path, channel: str | None) -> HeightMap:
    """`height_nm` [y, x] or [t, y, x] and `pixel_size_nm`; a channel is the number along t."""
    try:
        with np.load(path, allow_pickle=False) as held:
            if "height_nm" not in held:
                raise InputError("holds no height_nm", where=str(path), cure=f"it holds {', '.join(held) or 'nothing'}")
            height = np.asarray(held["height_nm"], np.float64)
            size = np.asarray(held["pixel_size_nm"], np.float64) if "pixel_size_nm" in held else np.array(UNKNOWN)
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"cannot be read: {error}", where=str(path)) from error
    if size.size not in (1, 2):
        raise InputError("pixel_size_nm is neither one number nor two", where=str(path))
    pixel = float(size.flat[0]), float(size.flat[-1])
    return HeightMap(_page(height, channel, path), pixel, path.name, channel or "")


def read_tiff(path: Path, channel: str | None) -> HeightMap:
    """Heights in nm, one or several pages; the pixel's size from OME metadata where there are any."""
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            height = np.asarray(file.series[0].asarray(), np.float64)
            pixel = _ome_pixel(file.ome_metadata) if file.is_ome else (UNKNOWN, UNKNOWN)
    except (tifffile.TiffFileError, OSError, ValueError, IndexError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from error
    if not np.issubdtype(height.dtype, np.number):
        raise InputError("holds no numbers", where=str(path))
    return HeightMap(_page(height.squeeze(), channel, path), pixel, path.name, channel or "")


def _ome_pixel(text: str | None) -> tuple[float, float]:
    import tifffile

    said = tifffile.xml2dict(text or "<OME/>").get("OME", {}).get("Image", {})
    pixels = (said[0] if isinstance(said, list) else said).get("Pixels", {})

    def size(axis: str) -> float:
        # OME's own unit where none is said is the micrometre.
        unit = NM_PER_UNIT.get(str(pixels.get(f"PhysicalSize{axis}Unit", "µm")), UNKNOWN)
        return float(pixels.get(f"PhysicalSize{axis}", UNKNOWN)) * unit

    return size("X"), size("Y")


def _page(height: NDArray[np.float64], channel: str | None, path: Path) -> NDArray[np.float64]:
    pages = height if height.ndim == 3 else height[None]
    return np.asarray(pages[chosen([""] * len(pages), channel, path)], np.float64)
