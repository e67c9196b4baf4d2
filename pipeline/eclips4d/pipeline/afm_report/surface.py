"""The heights onto which a map is brought: the mean of a run's frames, or a frame of a recording, inverted here."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.stacking import MOST_FRAMES

if TYPE_CHECKING:
    from eclips4d.metrology.stack.layers import Stack
    from eclips4d.storage.glance import Run

STORE = "zarr.json"
MODEL = "live"
"""By which a recording is inverted."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One frame, or the mean of several.

    Attributes
    ----------
    name : str
    height_nm : float64 [y, x]
    pixel_nm : (float, float)
        Along x and y.
    scale_u : float
        Relative standard uncertainty of the height scale; infinite where it is nominal.
    """

    name: str
    height_nm: NDArray[np.float64]
    pixel_nm: tuple[float, float]
    scale_u: float


def surface_of(source: str, frame: int | None, stack: int | None = None) -> Seen:
    """Heights of a frame, or of the frames that end with it.

    Parameters
    ----------
    source
        A run's store, or a recording.
    frame
        Which; the newest that is aligned of a run, the first of a recording when not given.
    stack : int, optional
        Of how many frames the mean is taken; of a run as many as show a surface that stands still when not given.

    Raises
    ------
    InputError
        No such frame, no heights, or a mean of a recording's frames, which nobody has aligned.
    """
    if (Path(source) / STORE).is_file():
        return _of_run(Path(source), frame, stack)
    if stack is not None and stack > 1:
        cure = f"eclips4d run {source} --out RUN.zarr, then eclips4d afm RUN.zarr"
        raise InputError("the frames of a recording are not aligned", where="--stack", cure=cure)
    return _of_recording(source, frame or 0)


def _of_run(store: Path, frame: int | None, stack: int | None) -> Seen:
    from eclips4d import storage
    from eclips4d.metrology.movie import movie_of

    held = storage.summary(store)
    with storage.open(store) as run:
        movie = movie_of(run, held.pixel_size_nm)
        if not len(movie):
            raise InputError("no frame has heights yet", where=str(store), cure="wait for the first frame")
        wanted = movie.frames[-1] if frame is None else frame
        if wanted not in movie.frames:
            cure = "eclips4d drift shows which frames have"
            raise InputError(f"frame {wanted} has no aligned heights", where=str(store), cure=cure)
        mean, grid = _still(run, wanted, stack), movie.grid
    scale_u = grid.height_scale_u if grid.calibrated else np.inf
    height = np.asarray(mean.planes["height"], np.float64)
    count = int(mean.count.max())
    several = f", mean of {count} frames" if count > 1 else ""
    moved = ", in which steps moved" if mean.motion.blurred else ""
    return Seen(f"{store.name} frame {wanted}{several}{moved}", height, grid.pixel_size_nm, scale_u)


def _still(run: Run, frame: int, asked: int | None) -> Stack:
    """The mean of so many frames; when nobody asked, of twice as many and again while nothing seems to move."""
    from eclips4d.metrology.stack.memory import PlaneMemory
    from eclips4d.metrology.stack.stacker import Stacker

    memory = PlaneMemory()
    stacker = Stacker(run, asked or 1, memory)
    wanted = ("height", *stacker.motion_needs())
    best, count = stacker.stack(frame, wanted), 2
    while asked is None and len(wanted) > 1 and count <= MOST_FRAMES:
        stacker = Stacker(run, count, memory)
        if len(stacker.members(frame)) < count:
            break
        found = stacker.stack(frame, wanted)
        if found.motion.blurred:
            break
        best, count = found, 2 * count
    return best


def _of_recording(source: str, frame: int) -> Seen:
    from eclips4d.acquisition.open import open_source
    from eclips4d.inference.calibrate import estimate_calibration
    from eclips4d.inference.models import load_model

    with open_source(source) as opened:
        taken = next(islice(opened.frames(), frame, None), None) if frame >= 0 else None
        instrument = parse_instrument(opened.info.instrument_toml, source)
    if taken is None:
        raise InputError(f"there is no frame {frame}", where=source, cure="eclips4d info tells how many there are")
    calibration = estimate_calibration(taken.data, instrument)
    surface = load_model(MODEL, instrument)(taken.data, calibration)
    scale_u = calibration.kappa_u if calibration.calibrated else np.inf
    height = np.asarray(surface.height, np.float64)
    return Seen(f"{Path(source).name} frame {frame}", height, instrument.scan.pixel_size_xy_nm, scale_u)
