"""The drift and the datum of a growing store, each frame read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eclips4d.metrology import datum, drift
from eclips4d.metrology.datum import DatumSeries, read_datum
from eclips4d.metrology.drift import DriftSeries, read_drift
from eclips4d.viewer.series_memory import SeriesMemory

if TYPE_CHECKING:
    from eclips4d.storage.glance import Run


class DriftMemory:
    """Remembers the drift of one run."""

    def __init__(self) -> None:
        self._memory = SeriesMemory[DriftSeries](drift.COLUMNS, drift.joined)

    def read(self, run_id: str, run: Run, pixel_size_nm: tuple[float, float]) -> DriftSeries | None:
        """The drift of all committed frames; None when the store has lost a column of it.

        Parameters
        ----------
        run_id : str
            Another run's drift is forgotten.
        run : Run
            What is committed at this moment.
        pixel_size_nm : (float, float)
            Along x and y.
        """
        return self._memory.read(run_id, run, lambda first: read_drift(run, pixel_size_nm, first))


class DatumMemory:
    """Remembers the datum of one run."""

    def __init__(self) -> None:
        self._memory = SeriesMemory[DatumSeries](datum.COLUMNS, datum.joined)

    def read(self, run_id: str, run: Run) -> DatumSeries | None:
        """The datum of all committed frames; None when the store tells none.

        Parameters
        ----------
        run_id : str
            Another run's datum is forgotten.
        run : Run
            What is committed at this moment.
        """
        return self._memory.read(run_id, run, lambda first: read_datum(run, first))
