"""The datum in words: how far a height lies off its reference frame's, or that nobody can know."""

from __future__ import annotations

import numpy as np

from eclips4d.core.results import Status
from eclips4d.metrology.change import ChangeAt
from eclips4d.metrology.datum import DatumSeries
from eclips4d.viewer.lengths import unit_of, with_uncertainty
from eclips4d.viewer.state_line import Tone

UNOBSERVABLE = "height change not observable"
NOTHING_STATIC = f"{UNOBSERVABLE}: nothing static"
NO_DATUM = f"{UNOBSERVABLE}: this store tells no datum"


def why_unobservable(datum: DatumSeries | None, frame: int) -> str:
    """Why the change of height of a frame with a surface cannot be told; empty when it can."""
    if datum is None:
        return NO_DATUM
    if not 0 <= frame < len(datum) or datum.observable[frame]:
        return ""
    reference = int(datum.reference[frame])
    if 0 <= reference < len(datum) and not datum.status[reference] & int(Status.DONE):
        return f"{UNOBSERVABLE}: frame {reference}, from which it counts, has no height"
    return NOTHING_STATIC


def offset_words(datum: DatumSeries, frame: int) -> str:
    """The offset in the middle of the image with its standard deviation."""
    offset, u = float(datum.plane[frame, 0]), float(datum.sd[frame, 0])
    unit = unit_of(offset)
    return with_uncertainty(offset / unit.nm, u / unit.nm, unit.name)[0]


def plane_words(datum: DatumSeries, frame: int) -> str:
    """Offset and tilts with their standard deviations."""
    tilts, u = (np.degrees(np.arctan(terms[frame, 1:])) for terms in (datum.plane, datum.sd))
    parts = [f"tilt along {'xy'[k]} {with_uncertainty(float(tilts[k]), float(u[k]), '°')[0]}" for k in range(2)]
    return ", ".join([f"offset {offset_words(datum, frame)}", *parts])


def share_words(datum: DatumSeries) -> str:
    """In how many of the frames with a surface the change of height can be told."""
    return f"observable in {int(datum.observable.sum())} of {int(datum.known.sum())} frames"


def datum_rows(datum: DatumSeries | None) -> list[tuple[str, str]]:
    """Name and value of every line that a summary has of it; none while no frame has a surface."""
    if datum is None:
        return [("height datum", NO_DATUM)]
    known = int(datum.known.sum())
    if not known:
        return []
    rows = [("height datum", f"{share_words(datum)} ({100 * datum.observable.sum() / known:.3g} %)")]
    newest = datum.newest
    if newest is None:
        return [*rows, ("newest datum", NOTHING_STATIC)]
    between = f"frame {newest} against frame {int(datum.reference[newest])}"
    return [*rows, ("newest datum", f"{between}: {plane_words(datum, newest)}")]


def datum_line(datum: DatumSeries | None, frame: int) -> tuple[str, Tone]:
    """What a window says of one frame with a surface: its datum, the newest one, the share of all frames that have one.

    Where the frame's own cannot be told, that and the share come first.
    """
    if datum is None:
        return NO_DATUM, Tone.NOTICE
    reason, newest = why_unobservable(datum, frame), datum.newest
    more = "" if newest is None or newest == frame else f", newest {offset_words(datum, newest)} (frame {newest})"
    if reason:
        return f"{reason}   {int(datum.observable.sum())} of {int(datum.known.sum())} frames are{more}", Tone.NOTICE
    own = "reference of heights" if datum.reference[frame] == frame else f"datum {offset_words(datum, frame)}"
    return f"{own}   {share_words(datum)}{more}", Tone.PLAIN


def change_words(found: ChangeAt, x_nm: float, y_nm: float, scale_u: float = 0.0) -> str:
    """The change of height at a place, with the part of its uncertainty that the datum has."""
    unit = unit_of(found.nm)
    value, scale = with_uncertainty(found.nm / unit.nm, found.u_nm / unit.nm, unit.name, scale_u)
    datum = f"{found.datum_u_nm / unit.nm:.2g} {unit.name}"
    parts = [f"datum ± {datum}", *([scale.removeprefix("random; ")] if scale else [])]
    return f"x {x_nm:.0f}, y {y_nm:.0f} nm: {value} ({', '.join(parts)})"
