"""The part of a card's `coverage` table that heights rest on."""

from __future__ import annotations

from collections.abc import Iterable

from eclips4d.inference.networks.height_coverage import JudgedHeight, judged_height, without_common
from eclips4d.inference.networks.height_fit import coverage_table
from eclips4d.training.coverage.models import Recalibrated
from eclips4d.training.coverage.twice import Twice


def height_factors(networks: Recalibrated, frames: Iterable[Twice]) -> dict[str, float]:
    """`ErrorSpectrum`'s and `pixels_alike`; a plane and a height scale that frames share do not count.

    Parameters
    ----------
    networks
        With the factors on the slopes' sd as they will be.
    frames
        From `taken_twice`.
    """
    return coverage_table([height for frame in frames for height in _judged(networks, frame)])


def _judged(networks: Recalibrated, frame: Twice) -> list[JudgedHeight]:
    model = networks.model(frame.instrument)
    found = [
        judged_height(model, model.slopes, seen.raw, seen.calibration, seen.truth, seen.decade) for seen in frame.seen
    ]
    return without_common(found, frame.seen[0].truth)
