"""The part of a card's `coverage` table that heights rest on."""

from __future__ import annotations

from collections.abc import Sequence

from eclips4d.inference.networks.height_coverage import JudgedHeight, coverage_table, judged_height, without_common
from eclips4d.training.coverage.held_out import HeldOut
from eclips4d.training.coverage.models import Recalibrated


def height_factors(networks: Recalibrated, frames: Sequence[HeldOut]) -> dict[str, float]:
    """`long_wave`, `reach`, `patch_px` and `pixels_alike`; a plane and a height scale that frames share do not count.

    Parameters
    ----------
    networks
        With the factors on the slopes' sd as they will be.
    """
    return coverage_table([height for frame in frames for height in _judged(networks, frame)])


def _judged(networks: Recalibrated, frame: HeldOut) -> list[JudgedHeight]:
    model = networks.model(frame.instrument)
    found = [
        judged_height(model, model.slopes, seen.raw, seen.calibration, seen.truth, seen.decade)
        for seen in frame.for_heights
    ]
    return without_common(found, frame.for_heights[0].truth)
