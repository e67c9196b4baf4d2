"""A mirror that follows its store while a run goes on, through cuts of the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from eclips4d.storage.folder import ROOT
from eclips4d.storage.lease import new_word
from eclips4d.storage.mirror import Mirror, Report
from eclips4d.storage.objects import BucketCutError

POLL_S = 0.5
MOST_S = 30.0
"""At most so long is waited between two tries to reach a server again."""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What came of following: frames that the bucket shows, objects and bytes that were sent."""

    committed: int = 0
    objects: int = 0
    size: int = 0

    def __str__(self) -> str:
        return f"{self.committed} committed frames; sent {self.objects} objects, {self.size / 1e6:.1f} MB"


def follow(
    root: Path,
    place: str,
    stop: Event,
    told: Callable[[str], None],
    report: Report = lambda done, total: None,
    *,
    once: bool = False,
) -> Mirrored:
    """Copy commit after commit until the run has ended, or `stop` is set.

    The run is never waited for and never waits: what is copied is what its last commit says, so a slow line skips
    commits, never frames. While the server is out of reach, from the beginning or later, the store goes on by itself,
    and its mirror afterwards.

    Parameters
    ----------
    root, place
        As of `Mirror`.
    told
        Is told when the server goes out of reach, and when it is there again.
    report
        As of `Mirror.copy`.
    once
        Nobody writes the store: end when it is copied, whether its run has ended or not.

    Raises
    ------
    InputError, StoreError
        As of `Mirror`, but for cuts.
    """
    mirror: Mirror | None = None
    word, seen, lost, pause = new_word(), None, False, POLL_S
    try:
        while not stop.is_set():
            try:
                mirror = mirror or Mirror(root, place, word=word)
                stamp = _stamp(root)
                is_over = stamp != seen and (mirror.copy(report).ended or once)
                mirror.rest()
                seen, pause = stamp, POLL_S
                if lost:
                    told("the server answers again")
                    lost = False
                if is_over:
                    break
            except BucketCutError as error:
                if not lost:
                    told(f"{error.what}; trying again until it does")
                lost, pause = True, min(MOST_S, 2 * pause)
            stop.wait(pause)
        return Mirrored() if mirror is None else _told(mirror)
    finally:
        if mirror is not None:
            mirror.close(reachable=not lost)


def _stamp(root: Path) -> tuple[int, int]:
    status = (root / ROOT).stat()
    return status.st_ino, status.st_mtime_ns


def _told(mirror: Mirror) -> Mirrored:
    return Mirrored(mirror.committed, mirror.sent.objects, mirror.sent.size)
