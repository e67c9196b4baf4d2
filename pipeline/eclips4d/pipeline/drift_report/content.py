"""What is reported of a run's drift."""

from __future__ import annotations

from dataclasses import dataclass

from eclips4d.metrology.datum import DatumSeries
from eclips4d.metrology.drift import DriftSeries


@dataclass(frozen=True, slots=True)
class Content:
    """Series of the same committed frames.

    Attributes
    ----------
    live : DriftSeries
        As found while the run went on.
    datum : DatumSeries or None
        By which plane the heights lie off; None in stores made before there was one.
    smoothed : DriftSeries or None
        As known afterwards; None unless asked for.
    """

    live: DriftSeries
    datum: DatumSeries | None = None
    smoothed: DriftSeries | None = None
