"""Height maps of Gwyddion's own files."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from eclips4d.core.errors import InputError
from eclips4d.metrology.maps.height_map import HeightMap
from eclips4d.metrology.maps.reading.channels import chosen
from eclips4d.metrology.optional import needed

METRE_NM = 1e9
BROKEN = (AssertionError, ValueError, KeyError, IndexError, struct.error, NotImplementedError, TypeError)
"""What gwyfile raises over bytes that are no file of Gwyddion's, or only the beginning of one."""


def read_gwy(path: Path, channel: str | None) -> HeightMap:
    """One channel whose values are lengths; masked pixels stay."""
    gwyfile = needed("gwyfile", "formats", path)
    try:
        fields = _lengths(gwyfile.load(str(path)))
        names = [name for name, _ in fields]
        at = chosen(names, channel, path)
        field = fields[at][1]
        height = np.asarray(field.data, np.float64) * METRE_NM
        pixel = (
            field.xreal / height.shape[1] * METRE_NM,
            field.yreal / height.shape[0] * METRE_NM,
        )
    except InputError:
        raise
    except BROKEN as error:
        raise InputError("is no whole file of Gwyddion", where=str(path)) from error
    return HeightMap(height, pixel, path.name, names[at])


def _lengths(container: Any) -> list[tuple[str, Any]]:
    """Titles and fields of all channels in metres, by their numbers."""
    found: list[tuple[int, str, Any]] = []
    for key, field in container.items():
        parts = key.split("/")
        if len(parts) == 3 and parts[0] == "" and parts[1].isdecimal() and parts[2] == "data":
            unit = field.si_unit_z
            if unit is not None and unit.unitstr == "m":
                title = str(container.get(f"{key}/title", ""))
                found.append((int(parts[1]), title, field))
    return [(title, field) for _, title, field in sorted(found, key=lambda one: one[0])]
