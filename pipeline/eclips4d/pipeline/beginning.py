"""When the source may begin: once the stages behind it are compiled and loaded. Until then it rehearses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

from eclips4d.acquisition.open import rehearse
from eclips4d.pipeline.compiling import compiling
from eclips4d.pipeline.config import RunConfig

BEGIN = "begin"
"""File in the run's folder that lets the source begin."""
TICK_S = 0.05


def let_begin(folder: Path) -> None:
    """The supervisor's word to the source."""
    (folder / BEGIN).touch()


def may_begin(config: RunConfig) -> bool:
    """Whether it was given; a stage that nobody supervises asks nobody."""
    return config.ready_dir is None or (config.ready_dir / BEGIN).exists()


def rehearse_until_begin(config: RunConfig, give_up: Callable[[], bool]) -> bool:
    """Compile what the source needs while the other stages do the same, then wait; False when asked to end instead.

    A source that is started again in the middle of a run loses no time over this.
    """
    if not may_begin(config):
        with compiling():
            rehearse(config.source)
    tick = Event()
    while not may_begin(config):
        if give_up():
            return False
        tick.wait(TICK_S)
    return True
