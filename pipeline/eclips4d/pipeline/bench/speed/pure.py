"""The arithmetic of one frame in one process: what the chain's processes are compared with."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from eclips4d.acquisition.open import open_source
from eclips4d.core.instrument import parse_instrument
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.pipeline.config import PRODUCTS
from eclips4d.pipeline.journal import STAGES
from eclips4d.registration.registrar import Registrar
from eclips4d.storage.writer import StoreWriter

FRAMES = 16
WARM = 4
"""Frames that compile, fill caches, and show registration that the surface evolves."""
_PATIENCE_S = 600.0
"""With processes that compile before they begin."""


def pure_cpu_per_frame(
    size: int,
    model: str = "analytic",
    engine: str = "auto",
    fps: float = 4.0,
    begin: Callable[[], object] = lambda: None,
) -> float:
    """Processor seconds of inverting, registering, writing, syncing and committing one frame, in one process.

    Parameters
    ----------
    fps
        Of the frames, as in the chain that they are compared with: how much a surface evolves from frame to frame
        decides how registration looks at it, which may cost four times as much.
    begin
        Called before the first frame that counts.
    """
    scratch = Path(tempfile.mkdtemp(prefix="eclips4d-speed-", dir=Path.cwd()))
    try:
        with open_source(f"sim://flood?size={size}&fps={fps:.4f}&frames={FRAMES}") as source:
            frames = list(source.frames())
            info = source.info
        instrument = parse_instrument(info.instrument_toml)
        calibration = estimate_calibration(frames[0].data, instrument)
        inverted = load_model(model, instrument, engine)
        registrar = Registrar.start(frames[0].header, frames[0].data, calibration)
        with StoreWriter.create(scratch / "pure.zarr", info, "pure", keep=PRODUCTS, stages=STAGES) as writer:
            calibrated, modelled = writer.add_calibration(calibration), writer.add_model(inverted.fingerprint, model)
            started = 0.0
            for done, frame in enumerate(frames):
                if done == WARM:
                    begin()
                    started = time.process_time()
                writer.write_frame(frame).result()
                surface = inverted(frame.data, calibration)
                registered = registrar.register(frame.header, frame.data, surface)
                writer.write_registered(done, registered, calibrated, modelled).result()
                writer.commit(committed=done + 1, recorded=done + 1, state=registrar.state())
            return (time.process_time() - started) / (len(frames) - WARM)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def pure_cpu_of_busy_machine(size: int, model: str = "analytic", engine: str = "auto", fps: float = 4.0) -> float:
    """The same while every processor does the same: the mean of as many processes as there are processors.

    Two processors that are threads of one core share its arithmetic, so work takes each of them longer than one alone.
    """
    context, count = get_context("spawn"), len(os.sched_getaffinity(0))
    with context.Manager() as shared, ProcessPoolExecutor(count, context) as processes:
        begin = partial(shared.Barrier(count).wait, _PATIENCE_S)
        found = [processes.submit(pure_cpu_per_frame, size, model, engine, fps, begin) for _ in range(count)]
        return sum(each.result() for each in found) / count
