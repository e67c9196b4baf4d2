"""What the catalogue remembers of one run: the columns of its tables."""

from __future__ import annotations

import msgspec


class SideRange(msgspec.Struct, frozen=True, kw_only=True):
    """One side value over the frames of a run; `least` and the like are None where no frame had it."""

    name: str
    unit: str
    least: float | None
    mean: float | None
    most: float | None


class ModelShare(msgspec.Struct, frozen=True, kw_only=True):
    """A model and for how many frames it stands."""

    name: str
    fingerprint: str
    engine: str
    frames: int


class RunEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A store as it was when it was looked at.

    Attributes
    ----------
    path : str
        Absolute.
    stamp : str
        Changes with every commit: a store whose stamp is known need not be read again.
    begun_utc : str
        ISO 8601, UTC: time 0 of its frames.
    seconds : float
        From the first frame's start to the last one's.
    material, gas : str
        Lower case; '' when nobody said.
    specimen : str
        The instrument file's `[specimen]` as JSON.
    gaps, deferred, unaligned, doubted : int
        Committed frames of which `status` says so; `deferred` are those still without results.
    fluence_nm2 : float or None
        Beam electrons per nm² of all frames; None when current or dwell time is not given.
    """

    path: str
    stamp: str
    run_id: str
    begun_utc: str
    seconds: float
    ended: bool
    source: str
    frames: int
    recorded: int
    rows: int
    columns: int
    segments: int
    pixel_nm: float
    energy_kev: float
    distance_mm: float
    instrument: str
    material: str
    gas: str
    specimen: str
    calibrated: bool
    scale_u: float
    fluence_nm2: float | None
    gaps: int
    deferred: int
    unaligned: int
    doubted: int
    version: str
    side: tuple[SideRange, ...] = ()
    models: tuple[ModelShare, ...] = ()

    @property
    def health(self) -> str:
        """In few words what is wrong with its frames."""
        counts = {
            "gaps": self.gaps,
            "deferred": self.deferred,
            "not aligned": self.unaligned,
            "doubted": self.doubted,
        }
        return ", ".join(f"{n} {what}" for what, n in counts.items() if n) or "good"


PLAIN = tuple(f.name for f in msgspec.structs.fields(RunEntry) if f.name not in ("side", "models"))
"""Columns of the table of runs."""
