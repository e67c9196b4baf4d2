"""Heights as text: one line per pixel, and a second file with one line per frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eclips4d.metrology.export.selection import Selection

DIGITS = "%.7g"
COLUMNS = {"height_sd": "height_sd_nm", "slope_sd": "slope_sd", "trust": "trust"}


def frames_beside(path: Path) -> Path:
    """Name of the table of frames that belongs to a table of pixels."""
    return path.with_name(f"{path.stem}.frames.csv")


def write_csv(chosen: Selection, path: Path) -> None:
    """Columns `frame, time_s, x_nm, y_nm, height_nm` and what else the run keeps; rows from the top left."""
    (rows, columns), (x0, y0), (dx, dy) = chosen.shape, chosen.origin_nm, chosen.pixel_size_nm
    x = np.tile(x0 + dx * np.arange(columns), rows)
    y = np.repeat(y0 + dy * np.arange(rows), columns)
    for k, (frame, time_s) in enumerate(zip(chosen.frames, chosen.times_s, strict=True)):
        table = pd.DataFrame({"frame": frame, "time_s": time_s, "x_nm": x, "y_nm": y, **_pixels(chosen, frame)})
        table.to_csv(path, mode="a" if k else "w", header=k == 0, index=False, na_rep="NaN", float_format=DIGITS)


def _pixels(chosen: Selection, frame: int) -> dict[str, NDArray[np.generic]]:
    found: dict[str, NDArray[np.generic]] = {"height_nm": chosen.height(frame).ravel()}
    if chosen.has("slope"):
        dhdx, dhdy = chosen.plane("slope", frame)
        found |= {"slope_x": dhdx.ravel(), "slope_y": dhdy.ravel()}
    return found | {column: chosen.plane(name, frame).ravel() for name, column in COLUMNS.items() if chosen.has(name)}


def write_frames(chosen: Selection, path: Path) -> None:
    """One line per frame: its number, time, status, datum, drift, and temperatures and the like."""
    run, frames = chosen.run, list(chosen.frames)
    held: dict[str, NDArray[np.generic]] = {
        "frame": np.asarray(frames),
        "time_s": chosen.times_s,
        "frame_id": run["frame_id"].values[frames],
        "status": run["status"].values[frames],
        "reference": run["reference"].values[frames],
    }
    for name, parts in (("drift", ("row_px", "column_px")), ("datum", ("offset_nm", "tilt_x", "tilt_y"))):
        if name in run.variables:
            held |= {f"{name}_{part}": run[name].values[frames, k] for k, part in enumerate(parts)}
    sides = [str(name) for name in run.variables if str(name).startswith("side_")]
    held |= {name: run[name].values[frames] for name in sides}
    pd.DataFrame(held).to_csv(path, index=False, na_rep="NaN", float_format="%.12g")
