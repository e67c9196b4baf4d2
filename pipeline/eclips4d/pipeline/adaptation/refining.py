"""One frame of a run refined, and written as a run of one frame beside it, on the same grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from eclips4d.core.frame import Frame
from eclips4d.core.results import Datum, Drift, Registered, Surface
from eclips4d.inference.finetune.model import module_of
from eclips4d.inference.models import MODELS, load_model
from eclips4d.inference.networks.model import NetworkModel
from eclips4d.inference.synthesis.refine import Refined, refine
from eclips4d.inference.synthesis.search import Report
from eclips4d.pipeline.adaptation.stored import StoredFrame, stored_frame
from eclips4d.registration.resample import resample
from eclips4d.storage import StoreWriter

VERSION = "refined-2"
"""Changes whenever the same frame, calibration and model would give other numbers."""
BEST: Final = "best"
"""Begun with instead of a faster model of ours: one frame has the time. What a run's own file has learned stays."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A refined frame.

    Attributes
    ----------
    refined : Refined
        On the frame's own pixels.
    surface : Surface
        The same; what is uncertain is as the model stated it.
    before : Surface
        The model's.
    model : str
        Its name.
    fingerprint : str
        Of model and method.
    """

    refined: Refined
    surface: Surface
    before: Surface
    model: str
    fingerprint: str


def refined_path(run: Path, sequence: int) -> Path:
    """Where the store of a refined frame lies when nobody says otherwise."""
    return run.with_name(f"{run.name.removesuffix('.zarr')}-refined-{sequence:06d}.zarr")


def refine_stored(seen: StoredFrame, model: str | None, engine: str, report: Report) -> Outcome:
    """Refine what a model gives of a frame.

    Parameters
    ----------
    model
        Its name or file; None for `best`, or for the file that inverted the frame where it was one.
    engine
        As of `load_model`.

    Raises
    ------
    InputError
        There is no such model or engine.
    """
    own = seen.model.name
    name, raw = model or (BEST if own in MODELS else own), seen.frame.data
    start = load_model(name, seen.instrument, engine)
    before = start(raw, seen.calibration)
    module = module_of(start.networks.slopes_card) if isinstance(start, NetworkModel) else None
    found = refine(raw, before.height, seen.instrument, seen.calibration, module=module, report=report)
    level = np.float32(found.height.mean() - before.height.mean())
    surface = replace(before, height=found.height - level, slope=found.slope, residual=found.residual)
    return Outcome(found, surface, before, name, f"{VERSION}-{start.fingerprint}")


def write_refined(out: Path, seen: StoredFrame, outcome: Outcome) -> None:
    """A store of the one frame, raw and refined, on the grid of its run.

    Raises
    ------
    InputError
        The folder is not empty.
    DiskFullError, StoreError
        It cannot be written.
    """
    header = msgspec.structs.replace(seen.frame.header, sequence=0)
    told = {"kind": "store", "identity": f"{seen.source.identity}-refined-{seen.frame.header.sequence}", "frames": 1}
    source = msgspec.structs.replace(seen.source, **told, can_wait=True, frames_per_second=None)
    attributes = {"engine": seen.model.engine, "model": f"{outcome.model}, refined", "stack": 1}
    with StoreWriter.create(out, source, seen.run_id, attributes=attributes) as store:
        store.write_frame(Frame(header, seen.frame.data)).result()
        calibration = store.add_calibration(seen.snapshot)
        model = store.add_model(outcome.fingerprint, f"{outcome.model}, refined", seen.model.engine)
        moved = resample(outcome.surface, seen.drift)
        own = Datum((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 1.0)
        drift = Drift(seen.drift.start, seen.drift.rate, aligned=seen.drift.aligned)
        store.write_registered(0, Registered(moved, drift, own), calibration, model).result()
        store.event(
            {
                "time_utc": datetime.now(UTC).isoformat(),
                "event": "refined",
                "frame_of_run": seen.frame.header.sequence,
                "settled": outcome.refined.settled,
                "deviance": [step.deviance for step in outcome.refined.steps],
            }
        )
        store.commit(committed=1, recorded=1)
        store.finish(1)


def refine_frame(run: Path, sequence: int, out: Path, model: str | None, engine: str, report: Report) -> Outcome:
    """Refine a frame of a run and write it; parameters and errors as of `refine_stored` and `write_refined`."""
    seen = stored_frame(run, sequence)
    outcome = refine_stored(seen, model, engine, report)
    write_refined(out, seen, outcome)
    return outcome
