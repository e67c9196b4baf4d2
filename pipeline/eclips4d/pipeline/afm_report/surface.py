"""The heights onto which a map is brought: of a run's frame, or of a recording's, inverted here by the closed form."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import parse_instrument

STORE = "zarr.json"


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One frame.

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


def surface_of(source: str, frame: int | None) -> Seen:
    """A frame's heights.

    Parameters
    ----------
    source
        A run's store, or a recording.
    frame
        Which; the newest that is aligned of a run, the first of a recording when not given.

    Raises
    ------
    InputError
        No such frame, or no heights.
    """
    return _of_run(Path(source), frame) if (Path(source) / STORE).is_file() else _of_recording(source, frame or 0)


def _of_run(store: Path, frame: int | None) -> Seen:
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
        height, grid = np.asarray(movie.read(wanted).height, np.float64), movie.grid
    scale_u = grid.height_scale_u if grid.calibrated else np.inf
    return Seen(f"{store.name} frame {wanted}", height, grid.pixel_size_nm, scale_u)


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
    surface = load_model("analytic", instrument)(taken.data, calibration)
    scale_u = calibration.kappa_u if calibration.calibrated else np.inf
    height = np.asarray(surface.height, np.float64)
    return Seen(f"{Path(source).name} frame {frame}", height, instrument.scan.pixel_size_xy_nm, scale_u)
