"""The table of the drift: one row per committed frame."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.datum import DatumSeries
from eclips4d.metrology.drift import DriftSeries
from eclips4d.pipeline.drift_report.content import Content

SUFFIXES = (".csv", ".parquet")
DATUM_TERMS = ("datum_offset{}_nm", "datum_tilt_x{}", "datum_tilt_y{}")

Columns = dict[str, NDArray[Any]]


def columns(content: Content) -> Columns:
    """The columns by name, in their order; each [frame], NaN where a frame has no result or its datum is unobservable.

    Those of the smoothed drift are there only when it was asked for.
    """
    found = _live(content.live) | _datum(content.datum, len(content.live))
    return found if content.smoothed is None else found | _smoothed(content.smoothed)


def _live(series: DriftSeries) -> Columns:
    (x, y), (vx, vy) = series.nm.T, series.velocity_nm_s.T
    return {
        "frame": np.arange(len(series)),
        "time_s": series.time_s,
        "reference": series.reference,
        "aligned": series.aligned,
        "drift_row_px": series.px[:, 0],
        "drift_col_px": series.px[:, 1],
        "drift_row_u_px": series.u_px[:, 0],
        "drift_col_u_px": series.u_px[:, 1],
        "rate_row_px": series.rate_px[:, 0],
        "rate_col_px": series.rate_px[:, 1],
        "drift_x_nm": x,
        "drift_y_nm": y,
        "velocity_x_nm_s": vx,
        "velocity_y_nm_s": vy,
    }


def _datum(datum: DatumSeries | None, frames: int) -> Columns:
    nothing = np.full((frames, len(DATUM_TERMS)), np.nan)
    plane, sd = (nothing, nothing) if datum is None else (datum.plane, datum.sd)
    found: Columns = {}
    for k, name in enumerate(DATUM_TERMS):
        found |= {name.format(""): plane[:, k], name.format("_u"): sd[:, k]}
    return found | {"datum_observable": np.zeros(frames, np.bool_) if datum is None else datum.observable}


def _smoothed(series: DriftSeries) -> Columns:
    return {
        "smoothed_row_px": series.px[:, 0],
        "smoothed_col_px": series.px[:, 1],
        "smoothed_row_u_px": series.u_px[:, 0],
        "smoothed_col_u_px": series.u_px[:, 1],
        "smoothed_rate_row_px": series.rate_px[:, 0],
        "smoothed_rate_col_px": series.rate_px[:, 1],
        "smoothed_x_nm": series.nm[:, 0],
        "smoothed_y_nm": series.nm[:, 1],
    }


def check_target(path: Path, suffixes: tuple[str, ...] = SUFFIXES) -> None:
    """Refuse a file that cannot be made, before anything is read.

    Raises
    ------
    InputError
        Another kind of file, no such folder, or a library for it is not installed.
    """
    if path.suffix not in suffixes or not path.absolute().parent.is_dir():
        names = " or ".join(f"NAME{suffix}" for suffix in suffixes)
        raise InputError("not a file that can be made", where=str(path), cure=f"give {names} in a folder that exists")
    if path.suffix == ".parquet" and find_spec("pyarrow") is None:
        raise InputError("pyarrow is not installed", where=str(path), cure="pip install eclips4d[formats], or .csv")


def write(content: Content, path: Path) -> None:
    """Write the table as CSV or Parquet, by its name."""
    import pandas as pd

    frame = pd.DataFrame(columns(content))
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False, na_rep="NaN", float_format="%.12g")
