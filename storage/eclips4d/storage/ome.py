"""The OME-Zarr 0.5 view of a store: heights and raw frames as images with axes and units.

Frame times are seldom even and OME knows only a uniform scale, so its time axis counts frames (scale 1, no unit); the
true times stand in the coordinate `time`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eclips4d.storage.layout import ArraySpec

_AXES = {
    "time": {"name": "time", "type": "time"},
    "segment": {"name": "segment", "type": "channel"},
    "y": {"name": "y", "type": "space", "unit": "nanometer"},
    "x": {"name": "x", "type": "space", "unit": "nanometer"},
}


IMAGES = ("height", "raw")
"""Arrays that are images to readers of OME-Zarr."""


def ome_attributes(
    specs: Mapping[str, ArraySpec], pixel_size_nm: tuple[float, float], pyramids: int = 0
) -> dict[str, Any]:
    """Value of the group attribute `ome`; `pixel_size_nm` is (x, y), `pyramids` the number of smaller images."""
    scale = {"y": pixel_size_nm[1], "x": pixel_size_nm[0]}
    images = [specs[name] for name in IMAGES if name in specs]
    return {"version": "0.5", "multiscales": [_multiscale(spec, scale, pyramids) for spec in images]}


def level_path(name: str, level: int) -> str:
    """Where the image lies that is 2^level times smaller."""
    return f"pyramids/{name}/{level}" if level else name


def _multiscale(spec: ArraySpec, scale: dict[str, float], pyramids: int) -> dict[str, Any]:
    return {
        "name": spec.name,
        "axes": [_AXES[dim] for dim in spec.dims],
        "datasets": [
            {
                "path": level_path(spec.name, level),
                "coordinateTransformations": _transformations(spec.dims, scale, 2**level),
            }
            for level in range(pyramids + 1)
        ],
    }


def _transformations(dims: tuple[str, ...], scale: dict[str, float], factor: int) -> list[dict[str, Any]]:
    """Where the pixels lie: the first one of a smaller image has its centre in the middle of those it stands for."""
    sizes = [scale[dim] * factor if dim in scale else 1.0 for dim in dims]
    sized = {"type": "scale", "scale": sizes}
    if factor == 1:
        return [sized]
    shift = [scale[dim] * (factor - 1) / 2 if dim in scale else 0.0 for dim in dims]
    return [sized, {"type": "translation", "translation": shift}]
