"""The distilled simulator with the response that a calibration tells: what analysis by synthesis renders with.

Where the specimen's material is stated, a facet that stands alone gives what its emission law says, with the contrast
that the calibration found at the tilts of its artefact; beyond these the law's shape goes on. Where it is not, it gives
what the calibration says, and what surroundings hide of it is Lambert's. None of this is free while a height is sought,
so no height can be bought by another scale.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.inference.finetune.correction import change_of_facets
from eclips4d.inference.finetune.module import FineTune
from eclips4d.inference.horizon import harmonics, lambert_signals
from eclips4d.inference.tilt_response import contrast_ratio, second_harmonic
from eclips4d.physics.detector import segment_response
from eclips4d.physics.dsm.facet_table import POINTS, FacetTable
from eclips4d.physics.dsm.normals import slopes_on_grid
from eclips4d.physics.dsm.simulator import DistilledSimulator, distilled_simulator
from eclips4d.physics.emission.choose import emission_law
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.microscope.optics import sub_pixels

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_RING_DEG = 1.0
"""Width of the tilts over which law and calibration are compared."""


@dataclass(frozen=True, slots=True)
class Response:
    """How a surface on sub-pixels is seen.

    Attributes
    ----------
    simulator : DistilledSimulator
        Of `supersample`² sub-pixels per pixel; its facets are the calibration's.
    alone : DistilledSimulator
        The same, but nothing is ever in the way.
    flat : float64 [n]
        What the simulator gives of a flat spot.
    supersample : int
    """

    simulator: DistilledSimulator
    alone: DistilledSimulator
    flat: F64
    supersample: int


def response_of(
    instrument: Instrument,
    calibration: Calibration,
    shape: tuple[int, int],
    *,
    supersample: int = 2,
    threads: int | None = None,
    module: FineTune | None = None,
) -> Response:
    """Prepare the rendering of images of one size.

    Parameters
    ----------
    shape
        (rows, columns) of the image.
    supersample
        Sub-pixels per pixel and axis: a pixel that sees two faces needs more than one.
    threads
        As many as the process has processors when absent.
    module
        What a run has shown beyond the physics, added to facets that stand alone.
    """
    fine = sub_pixels(instrument, supersample)
    sides = shape[0] * supersample, shape[1] * supersample
    law = law_of(instrument)
    nominal = distilled_simulator(fine, sides, law=law or lambert_law(), threads=threads)
    table = _by_segment(nominal.facets.values, instrument.segments)
    flat = table[:, POINTS // 2, POINTS // 2].astype(np.float64)
    down, right = slopes_on_grid(POINTS)
    slope = np.stack([right, down])
    told = calibrated_facets(instrument, calibration, slope)
    if law is not None:
        of_law = table / flat[:, None, None]
        told = _law_as_calibrated(of_law, told, slope, max(calibration.contrast_tilt_deg, default=0.0))
    if module is not None:
        told = np.maximum(told * (1.0 + change_of_facets(module, instrument, calibration, slope)), 0.0)
    values = nominal.facets.values.copy()
    _by_segment(values, instrument.segments)[:] = told * flat[:, None, None]
    simulator = replace(nominal, facets=FacetTable(np.ascontiguousarray(values)))
    nothing_hidden = simulator.hidden._replace(floor=np.full_like(simulator.hidden.floor, np.inf))
    return Response(simulator, replace(simulator, hidden=nothing_hidden), flat, supersample)


def _by_segment(values: F32, segments: int) -> F32:
    """Facets' signals at the field's centre as a view [n, POINTS, POINTS], whichever axis the segments are along."""
    return np.moveaxis(values[0], -1, 0) if values.shape[-1] == segments else values[0]


def law_of(instrument: Instrument) -> EmissionLaw | None:
    """That of the stated material; None where none is stated, or none is known of that name and energy."""
    stated = (instrument.specimen or {}).get("material")
    if not isinstance(stated, str):
        return None
    try:
        return emission_law(stated, instrument.beam.energy_kev)
    except InputError:
        return None


def _law_as_calibrated(of_law: F64, told: F64, slope: F64, steepest_deg: float) -> F64:
    """The law's relative signals with the contrast of the calibrated ones, tilt by tilt up to the steepest known.

    Both are compared over all azimuths and segments after their mean at a tilt, the yield, is taken out.
    """
    steep = np.degrees(np.arctan(np.hypot(*slope)))
    ring = np.clip(np.rint(steep / _RING_DEG).astype(int), 0, int(90.0 / _RING_DEG))
    count = np.maximum(np.bincount(ring.ravel()), 1)

    def over_ring(values: F64) -> F64:
        return np.bincount(ring.ravel(), weights=values.ravel()) / count

    mean_law, mean_told = over_ring(of_law.mean(axis=0))[ring], over_ring(told.mean(axis=0))[ring]
    by_law, by_told = of_law / mean_law - 1.0, told / np.maximum(mean_told, 1e-6) - 1.0
    ratio = over_ring((by_law * by_told).sum(axis=0)) / np.maximum(over_ring((by_law**2).sum(axis=0)), 1e-12)
    known = np.flatnonzero((np.bincount(ring.ravel()) > 0) & (np.arange(len(ratio)) * _RING_DEG <= steepest_deg))
    known = known[known > 0] if (known > 0).any() else np.array([1])
    factor = np.interp(steep / _RING_DEG, known, ratio[known])
    return np.asarray(np.maximum(mean_law * (1.0 + factor * by_law), 0.0))


def calibrated_facets(instrument: Instrument, calibration: Calibration, slope: F64) -> F64:
    """Signals over the flat one of facets of these slopes [2, y, x], as the calibration has them, [n, y, x]."""
    nominal = segment_response(instrument)
    per_flat = nominal.contrast / nominal.flat[:, None]
    told = np.asarray(calibration.contrast) / np.asarray(calibration.flat)[:, None]
    scale = np.hypot(*told.T) / np.hypot(*per_flat.T)
    turned = told - scale[:, None] * per_flat
    nominal_change = lambert_signals(instrument, slope) / nominal.flat[:, None, None] - 1.0
    change = scale[:, None, None] * nominal_change - np.einsum("kc,cyx->kyx", turned, slope)
    tilt = np.arctan(np.hypot(*slope))
    ratio = contrast_ratio(calibration, tilt) if calibration.contrast_ratio else 1.0
    second, third = harmonics(instrument, slope)
    added = second_harmonic(calibration, tilt) * second + calibration.third_harmonic * third
    return np.asarray(np.maximum(1.0 + ratio * change + added, 0.0))
