"""The height of one frame, sought so that its re-rendered segments are those that were measured.

From a model's height, and with the image's blur, see `search`. At last the model's height has its say where it is the
better one, see `blend`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.inference.finetune.module import FineTune
from eclips4d.inference.synthesis.blend import blended, told_of_slopes
from eclips4d.inference.synthesis.corners import cells, corners_of, pixels
from eclips4d.inference.synthesis.deviance import residual
from eclips4d.inference.synthesis.electrons import electrons_of
from eclips4d.inference.synthesis.objective import At, passed_by
from eclips4d.inference.synthesis.response import response_of
from eclips4d.inference.synthesis.search import FIRST_KNEE, Report, Step, search_with_blur

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SUPERSAMPLE: Final = 2
WEIGHT: Final = 4.0
"""Of bending, in units of the logarithm of the likelihood: the more electrons there are, the less it counts."""


@dataclass(frozen=True, slots=True)
class Refined:
    """A frame's surface after the search.

    Attributes
    ----------
    height : float32 [y, x]
        Pixel means, nm.
    slope : float32 [2, y, x]
    residual, residual_before : float32 [y, x]
        sqrt(deviance/dof), of the refined height and of the one that the search began with; NaN for three segments.
    steps : tuple of Step
        The first is the start.
    weight : float
        Of bending.
    shares : tuple of float
        Of the model's height in the result by wavelength, the longest waves first.
    blur_px : float
        Standard deviation of the Gaussian that the image was found to be blurred by.
    settled : bool
        False where the search ended by its number of steps.
    """

    height: F32
    slope: F32
    residual: F32
    residual_before: F32
    steps: tuple[Step, ...]
    weight: float
    shares: tuple[float, ...]
    blur_px: float
    settled: bool


def refine(
    data: RawArray,
    height: NDArray[np.floating],
    instrument: Instrument,
    calibration: Calibration,
    *,
    weight: float = WEIGHT,
    supersample: int = SUPERSAMPLE,
    threads: int | None = None,
    module: FineTune | None = None,
    report: Report | None = None,
) -> Refined:
    """Refine one frame.

    Parameters
    ----------
    data
        [n, y, x], as recorded.
    height
        Where to begin: a model's, nm, [y, x], of the same pixels.
    calibration
        In the frame's own gas.
    weight
        Of bending; see `curvature`.
    module
        Of a model that was adapted to the run; see `inference.finetune`.
    report
        Called after every step with its number, the most there may be, and how far it is.

    Raises
    ------
    InputError
        Heights of another shape, or that are no numbers.
    """
    if height.shape != data.shape[1:] or not np.isfinite(height).all():
        raise InputError(f"heights {height.shape} do not cover a frame of {data.shape[1:]}", where="height")
    shape = (data.shape[1], data.shape[2])
    response = response_of(instrument, calibration, shape, supersample=supersample, threads=threads, module=module)
    seen = electrons_of(data, calibration)
    corner = corners_of(height, supersample)
    start = At(corner, response, seen, weight, FIRST_KNEE, passed_by(response, corner))
    sought = search_with_blur(start, report)
    end = sought.at
    found, model = pixels(cells(end.corner), supersample), np.asarray(height, np.float64)
    blend = blended(found, model, told_of_slopes(end.curvature()), instrument.scan.pixel_size_xy_nm)
    corner = end.corner + corners_of(blend.change, supersample)
    result = replace(end, corner=corner, passed=passed_by(response, corner))
    return Refined(
        height=np.asarray(found + blend.change, np.float32),
        slope=np.asarray(pixels(result.slope, supersample), np.float32),
        residual=residual(result.image, seen),
        residual_before=residual(start.image, seen),
        steps=sought.steps,
        weight=weight,
        shares=blend.shares,
        blur_px=end.blur_px,
        settled=sought.settled,
    )
