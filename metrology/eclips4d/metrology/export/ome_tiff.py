"""An OME-TIFF of float32 heights in nm, one page per frame, with pixel sizes and times."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eclips4d.metrology.export.selection import Selection

BIG = 2**31
"""Bytes from which on the file is a BigTIFF."""


def write_tiff(chosen: Selection, path: Path) -> None:
    """Write all frames chosen, one after the other; NaN where nothing was seen."""
    import tifffile

    rows, columns = chosen.shape
    count, (dx, dy) = len(chosen.frames), chosen.pixel_size_nm
    metadata = {
        "axes": "TYX",
        "Name": chosen.name,
        "Description": "; ".join(f"{name}: {value}" for name, value in {**chosen.about, "values": "nm"}.items()),
        "PhysicalSizeX": dx,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": dy,
        "PhysicalSizeYUnit": "nm",
        "Channel": {"Name": "height, nm"},
        "Plane": {"DeltaT": [float(t) for t in chosen.times_s], "DeltaTUnit": ["s"] * count},
    }
    if count > 1:
        metadata |= {"TimeIncrement": float(np.median(np.diff(chosen.times_s))), "TimeIncrementUnit": "s"}
    with tifffile.TiffWriter(path, ome=True, bigtiff=4 * rows * columns * count > BIG) as file:
        file.write(
            data=chosen.heights(),
            shape=(count, rows, columns),
            dtype=np.float32,
            photometric="minisblack",
            metadata=metadata,
        )
