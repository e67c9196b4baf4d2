"""The arithmetic of one frame in one process: what the chain's processes are compared with."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from eclips4d.acquisition.open import open_source
from eclips4d.core.instrument import parse_instrument
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.pipeline.config import PRODUCTS
from eclips4d.pipeline.journal import STAGES
from eclips4d.registration.registrar import Registrar
from eclips4d.storage.writer import StoreWriter

FRAMES = 12
WARM = 2
"""Frames that compile and fill caches."""


def pure_cpu_per_frame(size: int, model: str = "analytic", engine: str = "auto") -> float:
    """Processor seconds of inverting, registering, writing, syncing and committing one frame, in one process."""
    scratch = Path(tempfile.mkdtemp(prefix="eclips4d-speed-", dir=Path.cwd()))
    try:
        with open_source(f"sim://flood?size={size}&fps=1000&frames={FRAMES}") as source:
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
                    started = time.process_time()
                writer.write_frame(frame).result()
                surface = inverted(frame.data, calibration)
                registered = registrar.register(frame.header, frame.data, surface)
                writer.write_registered(done, registered, calibrated, modelled).result()
                writer.commit(committed=done + 1, recorded=done + 1, state=registrar.state())
            return (time.process_time() - started) / (len(frames) - WARM)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
