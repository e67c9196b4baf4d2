"""What one frame costs, measured: the functions of the chain in one process, the files they leave, the messages."""

from __future__ import annotations

import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median

import msgspec

from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.log import configure_logging
from eclips4d.core.messages import FrameOffer, RegisteredOffer
from eclips4d.core.results import Registered
from eclips4d.core.wire import Buffer, encode
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import Model, load_model
from eclips4d.pipeline.bench.scaling.costs.model import FrameCosts
from eclips4d.pipeline.bench.scaling.trial import again
from eclips4d.pipeline.config import PRODUCTS
from eclips4d.pipeline.journal import STAGES
from eclips4d.registration.registrar import Registrar
from eclips4d.storage.writer import StoreWriter

FRAMES, WARM = 6, 2
"""Frames that are done, and those of them that compile and fill caches."""
LARGE, FRAMES_LARGE = 2048, 3
RENDERED = 2


def frame_costs(side: int, model: str) -> FrameCosts:
    """In a process of its own, whose memory is that of such frames alone."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        return alone.submit(_measured, side, model).result()


def _measured(side: int, model: str) -> FrameCosts:
    configure_logging(level="error")
    count = FRAMES_LARGE if side >= LARGE else FRAMES
    address = f"sim://flood?size={side}&fps=1000&frames={RENDERED}"
    microscope = simulated_microscope(address)
    rendered = [microscope.frame(k) for k in range(RENDERED)]
    with open_source(address) as source:
        info = msgspec.structs.replace(source.info, frames=count, can_wait=True)
    instrument = parse_instrument(info.instrument_toml)
    calibration = estimate_calibration(rendered[0].data, instrument)
    inverting = load_model(model, instrument)
    scratch = Path(tempfile.mkdtemp(prefix="eclips4d-costs-", dir=Path.cwd()))
    try:
        with StoreWriter.create(scratch / "run.zarr", info, "costs", keep=PRODUCTS, stages=STAGES) as store:
            frames = [again(rendered[k % RENDERED], k) for k in range(count)]
            times, registered = _done(store, frames, inverting, calibration)
        raw, *products = (_bytes(scratch / "run.zarr" / name) / count for name in ("raw", *PRODUCTS))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    settled = times[min(WARM, count - 2) :]
    return FrameCosts(
        invert_s=median(invert for invert, _ in settled),
        follow_s=median(follow for _, follow in settled),
        raw_bytes=raw,
        product_bytes=sum(products),
        raw_wire=raw_message_bytes(rendered[0]),
        surface_wire=surface_message_bytes(registered),
        memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )


def _done(
    store: StoreWriter, frames: Sequence[Frame], model: Model, calibration: Calibration
) -> tuple[list[tuple[float, float]], Registered]:
    """Processor seconds of inverting each frame and of all the rest, and the last result."""
    registrar = Registrar.start(frames[0].header, frames[0].data, calibration)
    calibrated, modelled = store.add_calibration(calibration), store.add_model(model.fingerprint, "costs")
    times = []
    for done, frame in enumerate(frames):
        begun = time.process_time()
        store.write_frame(frame).result()
        recorded = time.process_time()
        surface = model(frame.data, calibration)
        inverted = time.process_time()
        registered = registrar.register(frame.header, frame.data, surface)
        store.write_registered(done, registered, calibrated, modelled).result()
        store.commit(committed=done + 1, recorded=done + 1, state=registrar.state())
        times.append((inverted - recorded, time.process_time() - inverted + recorded - begun))
    return times, registered


def raw_message_bytes(frame: Frame) -> int:
    """Of a frame as it is offered to storage, all parts of the message."""
    return _length(encode(FrameOffer(header=frame.header, stamps={}), {"raw": frame.data}))


def surface_message_bytes(registered: Registered) -> int:
    """Of a registered surface as it is offered to storage."""
    drift = registered.drift
    offer = RegisteredOffer(
        sequence=0,
        drift_px=drift.start,
        drift_rate_px=drift.rate,
        drift_sd_px=drift.sd,
        aligned=drift.aligned,
        reference=drift.reference,
        calibration="c",
        model="m",
        state=b"",
        stamps={},
    )
    return _length(encode(offer, registered.surface.planes()))


def _length(parts: Sequence[Buffer]) -> int:
    return sum(memoryview(part).nbytes for part in parts)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("c.*"))
