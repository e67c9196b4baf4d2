"""One exposed image becomes what the network learns from: features, closed form, truth, turned at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.closed_form import ClosedForm
from eclips4d.inference.networks.features import conditions, slope_features
from eclips4d.inference.networks.shadows import lit
from eclips4d.training.slopes.exposure import ELECTRONS, blurred, expose, random_camera
from eclips4d.training.slopes.rendered import Rendered

F32 = NDArray[np.float32]

FAINT: Final = 0.3
"""Share of exposures whose dose suits the surface: what there is to see is then about as large as the noise."""
FAINT_SD: Final = (0.15, 1.5)
"""Rms of true slopes over the noise of such an exposure, as far as the range of doses allows."""
_NOISE_OF_ONE: Final = 2.6
"""Slope noise of one electron in all: √(2F)/κ for a usual detector."""


@dataclass(frozen=True, slots=True)
class Example:
    """Input and target of the network.

    Attributes
    ----------
    planes : float32 [C, y, x]
        Features.
    gradient, rotation : float32 [2, y, x]
        Both parts of the closed-form slopes without what shadows add, in noise units.
    target : float32 [2, y, x]
        True slopes, as blurred as the beam, in noise units.
    noise_unit : float
        Slope that counts as 1.
    electrons : float
        Dose.
    """

    planes: F32
    gradient: F32
    rotation: F32
    target: F32
    noise_unit: float
    electrons: float


def example(
    random: np.random.Generator,
    rendered: Rendered,
    *,
    afm: bool = False,
    electrons: tuple[float, float] = ELECTRONS,
) -> Example:
    """Expose an image and invert it in closed form.

    Parameters
    ----------
    afm
        Whether the target has an AFM's errors.
    """
    if random.random() < FAINT:
        electrons = faint(random, rendered, electrons)
    camera = random_camera(random, len(rendered.signal), electrons)
    raw, calibration = expose(random, rendered, camera)
    closed = rendered.setting.slopes(raw, calibration)
    feigned = rendered.setting.shadows(closed, calibration)
    truth = rendered.afm_slope if afm and rendered.afm_slope is not None else rendered.slope
    # What the beam has blurred stays blurred: asked for more, a network would sharpen frames that are not blurred too.
    truth = blurred(truth, camera.blur_px)
    way = int(random.integers(8))
    closed, truth = turned(lit(closed, feigned), truth, way)
    feigned = None if feigned is None else turned_vector(feigned, way)
    features = slope_features(closed, conditions(rendered.setting.slopes, calibration), feigned)
    unit = np.float32(features.noise_unit)
    return Example(
        planes=features.planes,
        gradient=features.gradient / unit,
        rotation=features.rotation / unit,
        target=truth / unit,
        noise_unit=features.noise_unit,
        electrons=camera.electrons,
    )


def faint(random: np.random.Generator, rendered: Rendered, electrons: tuple[float, float]) -> tuple[float, float]:
    """The dose, as a range of one number, at which the slopes of this surface are hard to tell from noise."""
    rms = max(float(rendered.slope.std(axis=(1, 2)).max()), 1e-6)
    over_noise = np.exp(random.uniform(*np.log(FAINT_SD)))
    dose = (_NOISE_OF_ONE * over_noise / rms) ** 2 / len(rendered.signal)
    held = float(np.clip(dose, *electrons))
    return held, held


def turned(closed: ClosedForm, truth: F32, way: int) -> tuple[ClosedForm, F32]:
    """One of the square's eight symmetries: bits 1 and 2 flip x and y, bit 4 swaps them; slopes turn with the image."""
    image = ClosedForm(
        slope=turned_vector(closed.slope, way),
        slope_sd=_turned_plane(closed.slope_sd, way),
        brightness=_turned_plane(closed.brightness, way),
        residual=_turned_plane(closed.residual, way),
        trust=closed.trust,
    )
    return image, turned_vector(truth, way)


def turned_vector(slope: F32, way: int) -> F32:
    """Slopes [2, y, x] under a symmetry of the square; see `turned`."""
    signs = np.array([-1.0 if way & 1 else 1.0, -1.0 if way & 2 else 1.0], np.float32)
    found = _turned_plane(slope, way) * signs[:, None, None]
    return np.ascontiguousarray(found[::-1]) if way & 4 else found


def _turned_plane(image: F32, way: int) -> F32:
    image = image[..., :: -1 if way & 2 else 1, :: -1 if way & 1 else 1]
    return np.ascontiguousarray(image.swapaxes(-1, -2) if way & 4 else image)
