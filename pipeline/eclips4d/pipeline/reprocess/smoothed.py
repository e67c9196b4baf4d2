"""Frames placed by the drift that all frames together tell, found in a pass of its own before any surface is moved."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import xxhash

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import Frame, FrameHeader, RawArray
from eclips4d.core.results import Drift
from eclips4d.pipeline.cluster.staging import stage, staged, staged_path
from eclips4d.pipeline.reprocess.plan import Plan
from eclips4d.pipeline.reprocess.reading import Begun, Reading
from eclips4d.registration.locating import Located
from eclips4d.registration.poses import pose_of
from eclips4d.registration.registrar import Registrar
from eclips4d.registration.track import follow

Report = Callable[[int, int], None]


class KnownPlaces:
    """As `Locator`, but each frame lies where it is known to lie by now: none waits for the next one.

    The frame is followed as live nevertheless: which grid it is put on, which rows are displaced by themselves and what
    stays in the scene are what they were.
    """

    waiting = None

    def __init__(self, registrar: Registrar, drifts: Mapping[int, Drift]) -> None:
        self._registrar, self._drifts = registrar, drifts

    def take(self, header: FrameHeader, raw: RawArray) -> tuple[Located, ...]:
        """One frame more."""
        registrar, known = self._registrar, self._drifts[header.sequence]
        live = registrar.locate(header, raw)
        drift = dataclasses.replace(known, aligned=live.aligned, reference=live.reference)
        placement = registrar.placement(self._as_believed(drift), registrar.rows)
        told = dataclasses.replace(drift, aligned=placement.drift.aligned)
        placement = dataclasses.replace(placement, drift=told)
        return (Located(header, placement, registrar.memory, registrar.events),)

    def no_more(self) -> tuple[Located, ...]:
        """None waits."""
        return ()

    def _as_believed(self, drift: Drift) -> Drift:
        """As far from the believed place of the grid's frame as the known drift is from its known place."""
        grid = self._registrar.memory.grid
        believed, known = pose_of(self._registrar.memory.poses, grid)[0], self._drifts[grid].start
        start = tuple(float(d - k + b) for d, k, b in zip(drift.start, known, believed[:2], strict=True))
        return dataclasses.replace(drift, start=(start[0], start[1]))


def known_drifts(plan: Plan, report: Report) -> dict[int, Drift]:
    """Drift of every frame by all frames; kept beside the new store, so that it is found once.

    Parameters
    ----------
    report
        Is told how many frames are followed, of how many.

    Raises
    ------
    InputError
        No frame tells of the detector.
    """
    with Reading(plan) as reading:
        begun = reading.begun()
        key = _key(plan, begun.calibration)
        path = staged_path(plan.folder, 0, key)
        known = _kept(path, key)
        if known is None:
            plan.folder.mkdir(exist_ok=True)
            known = _followed(reading, begun, report)
            _keep(path, key, known)
    return known


def _followed(reading: Reading, begun: Begun, report: Report) -> dict[int, Drift]:
    sequences: list[int] = []

    def followed() -> Iterator[tuple[FrameHeader, RawArray]]:
        for frame in reading.frames(begun.calibration.valid_from):
            if isinstance(frame, Frame) and frame.data.any():
                sequences.append(frame.header.sequence)
                yield frame.header, frame.data
                report(frame.header.sequence + 1, reading.total)

    track = follow(followed(), begun.calibration)
    report(reading.total, reading.total)
    return dict(zip(sequences, track.smoothed, strict=True))


def _key(plan: Plan, calibration: Calibration) -> str:
    parts = (plan.run_id, plan.info.identity, calibration.fingerprint, str(plan.told["version"]), "drift")
    return xxhash.xxh3_64_hexdigest("\n".join(parts).encode())


def _keep(path: Path, key: str, known: Mapping[int, Drift]) -> None:
    numbers = np.array([(*d.start, *d.rate, *d.sd) for d in known.values()], dtype=np.float64).reshape(-1, 6)
    frames = np.array([(s, d.aligned, d.reference) for s, d in known.items()], dtype=np.int64)
    stage(path, key, b"", {"numbers": numbers, "frames": frames.reshape(-1, 3)})


def _kept(path: Path, key: str) -> dict[int, Drift] | None:
    found = staged(path, key)
    if found is None:
        return None
    known = {}
    for row, (sequence, aligned, reference) in zip(
        found.arrays["numbers"].tolist(), found.arrays["frames"].tolist(), strict=True
    ):
        a, b, c, d, e, f = row
        known[int(sequence)] = Drift((a, b), (c, d), (e, f), bool(aligned), int(reference))
    return known
