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


def ome_attributes(specs: Mapping[str, ArraySpec], pixel_size_nm: tuple[float, float]) -> dict[str, Any]:
    """Value of the group attribute `ome`; `pixel_size_nm` is (x, y)."""
    scale = {"y": pixel_size_nm[1], "x": pixel_size_nm[0]}
    images = [specs[name] for name in ("height", "raw") if name in specs]
    return {"version": "0.5", "multiscales": [_multiscale(spec, scale) for spec in images]}


def _multiscale(spec: ArraySpec, scale: dict[str, float]) -> dict[str, Any]:
    transformation = {"type": "scale", "scale": [scale.get(dim, 1.0) for dim in spec.dims]}
    return {
        "name": spec.name,
        "axes": [_AXES[dim] for dim in spec.dims],
        "datasets": [{"path": spec.name, "coordinateTransformations": [transformation]}],
    }
