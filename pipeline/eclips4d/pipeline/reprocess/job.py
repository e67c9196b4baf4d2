"""What a worker does: read some raw frames, make of them all that the new store holds, and answer in a few words."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from threading import Lock

import msgspec

from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.source import Source
from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import EclipsError, InputError, StoreError
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import parse_instrument
from eclips4d.inference.models import Model, load_model, load_networks
from eclips4d.inference.own_dark import calibration_of_frame
from eclips4d.inference.trust.rendered import make_ready
from eclips4d.pipeline.cluster.staging import staged_path
from eclips4d.pipeline.compiling import compiling
from eclips4d.pipeline.reprocess.made import stage_made
from eclips4d.registration.placement import Placement, onto_grid
from eclips4d.storage.encoding import Encoder
from eclips4d.storage.reader import summary

VERSION = version("eclips4d")
MOST_BENCHES = 2
"""A model that goes and one that comes."""


class Bench(msgspec.Struct, frozen=True):
    """What a worker needs for many jobs, and keeps between them.

    Attributes
    ----------
    run, run_id : str
        The store whose raw frames are inverted, as an absolute path, and what is found there.
    instrument : str
        Path of an instrument file used instead of the store's; empty: none.
    model, engine : str
        As `load_model` takes them.
    fingerprint : str
        Of the model: a worker that has another one does nothing.
    threads : int
        Of its networks.
    version : str
        Of eclips4d.
    """

    run: str
    run_id: str
    instrument: str
    model: str
    engine: str
    fingerprint: str
    threads: int = 1
    version: str = VERSION


class Task(msgspec.Struct, frozen=True):
    """A frame, where it lies, and the key of what is to be made of it."""

    sequence: int
    key: str
    placement: Placement


class Job(msgspec.Struct, frozen=True):
    """Frames to make, of which these products are kept; `folder` is where they are staged."""

    bench: Bench
    calibration: Calibration
    products: tuple[str, ...]
    tasks: tuple[Task, ...]
    folder: str


class Verdict(msgspec.Struct, frozen=True):
    """A frame was made, or why it was not."""

    sequence: int
    refused: str = ""


def make(job: Job) -> tuple[Verdict, ...]:
    """Do a job.

    Raises
    ------
    InputError, StoreError
        This worker cannot: it sees another store, has another model or another version, or cannot write.
    """
    bench = _workbench(job.bench)
    with bench.lock:  # a model is used by one thread at a time, however many its worker was given
        return tuple(_made(bench, job, task) for task in job.tasks)


def divided(job: Job) -> tuple[Job, ...]:
    """The same frames, a job each."""
    return tuple(msgspec.structs.replace(job, tasks=(task,)) for task in job.tasks)


class _Workbench:
    """A run and a model, ready."""

    def __init__(self, source: Source, model: Model) -> None:
        self.source, self.model, self.lock = source, model, Lock()
        self._encoders: dict[tuple[str, ...], Encoder] = {}

    def encoder(self, products: tuple[str, ...]) -> Encoder:
        """What packs the frames of a new store that holds these."""
        if products not in self._encoders:
            self._encoders[products] = Encoder(self.source.info, products)
        return self._encoders[products]

    def frame(self, sequence: int) -> Frame:
        """A raw frame of the run."""
        frame = next(islice(self.source.frames(sequence), 1), None)
        if frame is None or frame.header.sequence != sequence:
            raise StoreError(f"no frame {sequence}", where=self.source.info.address)
        return frame


@lru_cache(maxsize=MOST_BENCHES)
def _workbench(bench: Bench) -> _Workbench:
    if bench.version != VERSION:
        cure = "install one version on all hosts"
        raise InputError(f"a worker has eclips4d {VERSION}, {bench.version} is needed", where=_host(), cure=cure)
    if summary(bench.run).run_id != bench.run_id:
        raise InputError("a worker sees another run there", where=f"{_host()}: {bench.run}")
    source = open_source(bench.run, instrument=Path(bench.instrument) if bench.instrument else None)
    instrument = parse_instrument(source.info.instrument_toml, bench.run)
    with compiling():
        networks = load_networks(bench.model, bench.engine, bench.threads)
        model = load_model(bench.model, instrument, bench.engine, networks)
        make_ready(instrument, source.info.shape[1:])
    if model.fingerprint != bench.fingerprint:
        what = f"a worker's model {bench.model} is {model.fingerprint}, {bench.fingerprint} is needed"
        raise InputError(what, where=_host(), cure="give all hosts the same weights and engine")
    return _Workbench(source, model)


def _made(bench: _Workbench, job: Job, task: Task) -> Verdict:
    frame = bench.frame(task.sequence)
    raw, pixel_size_nm = frame.data, frame.header.pixel_size_nm
    try:
        surface = bench.model(raw, calibration_of_frame(job.calibration, frame.header, raw))
        surface = onto_grid(surface, task.placement, pixel_size_nm)
    except (EclipsError, ArithmeticError, ValueError, LookupError) as error:
        return Verdict(task.sequence, str(error))
    path = staged_path(Path(job.folder), task.sequence, task.key)
    stage_made(path, task.key, raw, surface, pixel_size_nm, bench.encoder(job.products))
    return Verdict(task.sequence)


def _host() -> str:
    import socket

    return socket.gethostname()
