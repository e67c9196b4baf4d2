"""Moments of a run at which something is killed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from eclips4d.core.results import Status
from eclips4d.pipeline.bench.reliability.chain import Chain, completed, running, until
from eclips4d.storage.reader import open as open_store

PERIOD_S = 0.4
FRAMES = 10
PACE = ("--speed", "realtime")


def starting(chain: Chain) -> bool:
    """The stages are there, no frame is."""
    return chain.stage("registration") is not None


def first(chain: Chain) -> bool:
    """A frame is recorded, none is committed."""
    return chain.counts()[1] > 0


def middle(chain: Chain) -> bool:
    """Frames are committed, more are to come."""
    return chain.counts()[0] > FRAMES // 3


def draining(chain: Chain) -> bool:
    """All frames are recorded, not all are committed."""
    return chain.counts()[1] == FRAMES


def catching_up(chain: Chain) -> bool:
    """Results of recorded frames are made up for."""
    return chain.stage("registration") is not None and _made_up_for(chain.store) > 2


PHASES: dict[str, Callable[[Chain], bool]] = {
    "starting": starting,
    "first frame": first,
    "middle": middle,
    "draining": draining,
    "catching up": catching_up,
}


def killed_in(phase: str, victim: str, recording: Path, store: Path) -> tuple[bool, int]:
    """Kill `victim` once in this phase and let the run go on, or start it again where the whole of it was killed.

    Returns
    -------
    bool
        Whether something was killed.
    int
        Exit code of the run that completed the store.
    """
    if phase == "catching up":
        completed(str(recording), store, "--record-only")
    with running(str(recording), store, *PACE) as chain:
        until(lambda: chain.ended or PHASES[phase](chain), f"phase {phase!r}")
        killed = chain.kill(victim)
        if victim != "everything":
            return killed, chain.process.wait(300)
    return killed, completed(str(recording), store)


def _made_up_for(store: Path) -> int:
    with open_store(store) as data:
        return int((data["status"].values & Status.DONE).astype(bool).sum())
