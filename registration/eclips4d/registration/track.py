"""A whole run followed: drift as it was believed live, and as it is known afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import FrameHeader, RawArray
from eclips4d.core.results import Drift
from eclips4d.registration.poses import scan_time
from eclips4d.registration.registrar import Registrar
from eclips4d.registration.smooth import Passage, smooth_drift


@dataclass(frozen=True, slots=True)
class Track:
    """Drift of every frame of a run.

    Attributes
    ----------
    live : tuple of Drift
        From the frames up to each.
    smoothed : tuple of Drift
        From all frames.
    events : tuple of (int, str)
        Sequence, and what happened there.
    """

    live: tuple[Drift, ...]
    smoothed: tuple[Drift, ...]
    events: tuple[tuple[int, str], ...]


def follow(frames: Iterable[tuple[FrameHeader, RawArray]], calibration: Calibration) -> Track:
    """Registers frames in order without moving any surface.

    Parameters
    ----------
    frames : iterable of (FrameHeader, uint8 or uint16 [n, y, x])
        Of one run, the first being the reference.
    calibration : Calibration

    Raises
    ------
    InputError
        A frame's shape differs from the first one's, or the calibration is for another number of segments.
    """
    registrar: Registrar | None = None
    passages: list[Passage] = []
    events: list[tuple[int, str]] = []
    rows = 1
    for header, raw in frames:
        if registrar is None:
            registrar, rows = Registrar.start(header, raw, calibration), raw.shape[1]
        live = registrar.locate(header, raw)
        seen = (registrar.sightings, registrar.jump_px)
        passages.append(Passage(header.sequence, header.start_s, scan_time(header), live, *seen))
        events += [(header.sequence, event) for event in registrar.events]
    return Track(tuple(p.live for p in passages), smooth_drift(passages, rows), tuple(events))
