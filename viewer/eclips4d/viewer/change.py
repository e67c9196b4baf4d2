"""The change of height since the reference frame as a picture, read beside the window's thread; knows no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray
from eclips4d.metrology.change import HeightChange, height_change
from eclips4d.metrology.datum import DatumSeries
from eclips4d.viewer.colours import change_colours
from eclips4d.viewer.datum_words import why_unobservable
from eclips4d.viewer.levels import even_levels
from eclips4d.viewer.painting import share_outside
from eclips4d.viewer.picture import ChangeImage, Levels

if TYPE_CHECKING:
    from eclips4d.storage.glance import Run


class ChangeReader:
    """Remembers the reference frame's height and the last change, so that an unchanged question costs nothing."""

    def __init__(self) -> None:
        self._run_id = ""
        self._reference: tuple[int, FloatArray, FloatArray | None] | None = None
        self._last = ChangeImage(-1)
        self._asked: Levels | None = None

    def look(
        self,
        run_id: str,
        products: Run,
        datum: DatumSeries | None,
        pixel_size_nm: tuple[float, float],
        sequence: int,
        levels: Levels | None,
    ) -> ChangeImage:
        """The change of a frame with a surface, or why there is none; the very same object when nothing is new.

        Heights are those of the frames themselves, as stored, whatever else a window may show.

        Parameters
        ----------
        run_id : str
            What is known of another run is forgotten.
        products : Run
            The committed frames.
        datum : DatumSeries or None
            Theirs.
        pixel_size_nm : (float, float)
            Of the registered grid, along x and y.
        sequence : int
            The frame.
        levels : (float, float), optional
            What the ends of the colours stand for, nm; found from the frame when not given.
        """
        if run_id != self._run_id:
            self._run_id, self._last, self._reference = run_id, ChangeImage(-1), None
        last, asked = self._last, self._asked
        self._asked = levels
        reason = why_no_change(products, datum, sequence)
        if reason is not None:
            if (reason.sequence, reason.note) != (last.sequence, last.note):
                self._last = reason
            return self._last
        assert datum is not None, "else there is a reason"
        known = last.change if last.sequence == sequence else None
        if known is None or (last.painted is not None and levels not in (last.levels, asked)):
            self._last = painted(known or self._change(products, datum, pixel_size_nm, sequence), levels)
        return self._last

    def _change(
        self, products: Run, datum: DatumSeries, pixel_size_nm: tuple[float, float], sequence: int
    ) -> HeightChange:
        reference = int(datum.reference[sequence])
        if self._reference is None or self._reference[0] != reference:
            self._reference = reference, _plane(products, "height", reference), _sd(products, reference)
        _, before, before_sd = self._reference
        offset, tilt_x, tilt_y = (float(term) for term in datum.plane[sequence])
        offset_sd, tilt_x_sd, tilt_y_sd = (float(term) for term in datum.sd[sequence])
        height, sd = _plane(products, "height", sequence), _sd(products, sequence)
        return HeightChange(
            frame=sequence,
            reference=reference,
            nm=height_change(height, before, (offset, tilt_x, tilt_y), pixel_size_nm),
            random_sd_nm=None if sd is None or before_sd is None else np.hypot(sd, before_sd),
            datum_sd=(offset_sd, tilt_x_sd, tilt_y_sd),
            pixel_size_nm=pixel_size_nm,
        )


def why_no_change(products: Run, datum: DatumSeries | None, sequence: int) -> ChangeImage | None:
    """What to say in place of a change that cannot be shown; None when it can."""
    if "height" not in products:
        return ChangeImage(sequence, note="no height in this store")
    if reason := why_unobservable(datum, sequence):
        return ChangeImage(sequence, note=reason, unobservable=True)
    if datum is not None and sequence == datum.reference[sequence]:
        return ChangeImage(sequence, note=f"change of height counts from this frame, {sequence}")
    return None


def painted(change: HeightChange, levels: Levels | None) -> ChangeImage:
    """The change in colours; the levels are found from it when not given."""
    levels = levels or even_levels(change.nm)
    if levels is None:
        note = f"no pixel was seen both in frame {change.reference} and in this one"
        return ChangeImage(change.frame, change, note)
    colours, outside = change_colours(change.nm, levels), share_outside(change.nm, levels)
    return ChangeImage(change.frame, change, levels=levels, painted=colours, outside=outside)


def _plane(products: Run, name: str, sequence: int) -> NDArray[np.float32]:
    return np.asarray(products[name][sequence].values, np.float32)


def _sd(products: Run, sequence: int) -> FloatArray | None:
    return _plane(products, "height_sd", sequence) if "height_sd" in products else None
