"""A stage stopped by SIGSTOP for a while in the middle of a live run, then let go on."""

from __future__ import annotations

import signal
from pathlib import Path

from eclips4d.pipeline.bench.reliability.chain import pause, running, until
from eclips4d.pipeline.bench.reliability.pauses.live import Losses, losses

FRAMES_PER_S = 2.0
BEFORE, AFTER_S = 6, 5.0


def stopped(stage: str, seconds: float, folder: Path) -> tuple[int, Losses]:
    """Stop a stage for so long; returns the run's exit code and what it lacks in the end."""
    frames = BEFORE + round((seconds + AFTER_S) * FRAMES_PER_S)
    address = f"sim://copper-redox?size=96&fps={FRAMES_PER_S:g}&frames={frames}&seed=5"
    store = folder / "run.zarr"
    with running(address, store, "--lag", "keep") as chain:
        until(lambda: chain.counts()[0] >= BEFORE or chain.ended, "first frames")
        chain.kill(stage, signal.SIGSTOP)
        pause(seconds)
        chain.kill(stage, signal.SIGCONT)
        code = chain.process.wait(seconds + 300)
    return code, losses(store, address)
