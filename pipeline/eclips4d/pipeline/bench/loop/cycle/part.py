"""Part `cycle` of `eclips4d bench loop`: how far a recording agrees with itself on the way round; no accuracy.

The same operator is used both ways: a wrong contrast, a wrong take-off angle and a wrong sign cancel. What is said here
is that no step of the way loses anything.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.synthesis.corners import cells, corners_of, pixels, slopes
from eclips4d.inference.synthesis.response import response_of
from eclips4d.pipeline.bench import scores
from eclips4d.pipeline.bench.loop.context import LoopContext
from eclips4d.pipeline.bench.networks.heights.models import judged
from eclips4d.pipeline.bench.real_frames import one_frame
from eclips4d.pipeline.bench.rows import Row

TABLE = "The way round, measured → height → rendered → height: self-consistency, not accuracy"
FOLDERS = ("facets", "vickers")
MODELS = ("analytic", "live")
_SIDE = 512
"""Of the middle that is looked at."""


def rows(context: LoopContext) -> list[Row]:
    """Nothing is demanded; no rows without recordings."""
    found: list[Row] = []
    for name in FOLDERS:
        folder = None if context.data is None else context.data / "real" / name
        if folder is None or not folder.is_dir():
            continue
        with context.console.status(f"cycle: {name}"):
            found += [row for model in MODELS for row in _of(folder, name, model)]
    return found


def _of(folder: Path, name: str, model: str) -> list[Row]:
    data, instrument = one_frame(folder)
    rows_, columns = (slice((n - min(n, _SIDE)) // 2, (n + min(n, _SIDE)) // 2) for n in data.shape[1:])
    raw = np.ascontiguousarray(data[:, rows_, columns])
    calibration = estimate_calibration(raw, instrument)
    invert = judged(model, instrument).model
    first = invert(raw, calibration)
    again = invert(rendered(first.height, raw, instrument, calibration), calibration)
    inner = scores.inner(first.height.shape)
    heights = [scores.levelled(np.asarray(s.height, np.float64), inner)[inner] for s in (first, again)]
    left = heights[1] - heights[0]
    scale = float((heights[0] * heights[1]).sum() / (heights[0] ** 2).sum())
    return [
        Row(TABLE, f"{name}, {model}: rms difference of the heights over their rms, %", _percent(left, heights[0])),
        Row(TABLE, f"{name}, {model}: second height regressed on the first, less 1, %", 100.0 * (scale - 1.0)),
    ]


def rendered(
    height: NDArray[np.floating], like: RawArray, instrument: Instrument, calibration: Calibration
) -> RawArray:
    """A frame of this surface as the same detector would record it without noise, as bright as `like` in the mean."""
    response = response_of(instrument, calibration, (height.shape[0], height.shape[1]), supersample=1)
    corner = corners_of(height, 1)
    image = pixels(response.simulator(cells(corner), slopes(corner, response.simulator.pixel_nm)), 1)
    told = np.asarray(calibration.gain) * np.asarray(calibration.flat)
    signal = image / response.flat[:, None, None] * told[:, None, None]
    dark = np.asarray(calibration.offset_adu)[:, None, None]
    level = float(np.mean(like - dark)) / float(signal.mean())
    digits: RawArray = np.clip(np.rint(level * signal + dark), 0, np.iinfo(like.dtype).max - 1).astype(like.dtype)
    return digits


def _percent(left: NDArray[np.float64], of: NDArray[np.float64]) -> float:
    return 100.0 * float(np.sqrt(np.mean(left**2)) / np.sqrt(np.mean(of**2)))
