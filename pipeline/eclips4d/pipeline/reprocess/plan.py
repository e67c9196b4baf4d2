"""What is to be made of a run again: everything that can be refused is refused here, before a worker is asked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec
import xxhash

from eclips4d.acquisition.open import open_source
from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError, OtherSourceError, StoreError
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.source import SourceInfo
from eclips4d.inference.models import load_model, needs_engine
from eclips4d.pipeline.cluster.staging import staging_folder
from eclips4d.pipeline.model_schedule import ATTRIBUTE, Schedule, schedule_of
from eclips4d.pipeline.model_snapshot import where_it_lies
from eclips4d.pipeline.plan_run import parse_keep, whole_name
from eclips4d.pipeline.reprocess.job import VERSION, Bench
from eclips4d.registration.placement import Placement
from eclips4d.storage.folder import lock_path
from eclips4d.storage.lock import describe, held
from eclips4d.storage.objects import address, is_object, refuse_object
from eclips4d.storage.reader import StoreSummary, summary

REPROCESSED = "reprocessed"
"""Attribute of the new store: what it was made of, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the user asks for; see `eclips4d reprocess --help`."""

    run: Path
    out: Path
    model: str | None = None
    instrument: Path | None = None
    engine: str = "auto"
    keep: str | None = None
    smooth: bool = False
    threads: int = 1
    """Of a worker's networks."""


class Used(msgspec.Struct, frozen=True):
    """A model, by what is stored of it."""

    name: str
    fingerprint: str
    engine: str
    pixels_alike: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is made of which frames by which models.

    Attributes
    ----------
    run, out : Path
        Absolute.
    info : SourceInfo
        Of the run as a source; of the new store as well.
    schedule : Schedule
        Which model inverts which frame.
    used : dict of str to Used
        The models by their names in the schedule.
    engine : str
        That computes networks; `none` where the first model has none.
    """

    run: Path
    run_id: str
    out: Path
    info: SourceInfo
    instrument: Path | None
    schedule: Schedule
    used: dict[str, Used]
    engine: str
    keep: tuple[str, ...]
    stack: int
    smooth: bool
    threads: int

    @property
    def told(self) -> dict[str, object]:
        """What decides the new store's numbers: a run that goes on has the same."""
        models = [[first, name, self.used[name].fingerprint] for first, name in self.steps]
        return {
            "run_id": self.run_id,
            "source": self.info.identity,
            "models": models,
            "keep": list(self.keep),
            "smooth": self.smooth,
            "version": VERSION,
        }

    @property
    def steps(self) -> tuple[tuple[int, str], ...]:
        """First frames and models, by rising frames."""
        return (0, self.schedule.own), *self.schedule.changes

    @property
    def folder(self) -> Path:
        """Where what workers make is staged."""
        return staging_folder(self.out)

    def bench(self, sequence: int) -> Bench:
        """What a worker needs for this frame."""
        used = self.used[self.schedule.of(sequence)]
        return Bench(
            run=str(self.run),
            run_id=self.run_id,
            instrument="" if self.instrument is None else str(self.instrument),
            model=where_it_lies(used.name, self.run),
            engine="auto" if used.engine == "none" else used.engine.split()[0],
            fingerprint=used.fingerprint,
            threads=self.threads,
        )

    def key(self, sequence: int, calibration: Calibration, placement: Placement) -> str:
        """Of all that is made of this frame but its pixels, whose checksum is staged with it."""
        used = self.used[self.schedule.of(sequence)]
        rows = b"" if placement.rows is None else placement.rows.tobytes()
        place = repr((placement.drift, placement.on)), xxhash.xxh3_64_hexdigest(rows)
        of = (self.run_id, self.info.identity, used.fingerprint, calibration.fingerprint, VERSION, str(sequence))
        return xxhash.xxh3_64_hexdigest("\n".join((*of, *place)).encode())


def plan(wish: Wish) -> Plan:
    """What the wish comes to.

    Raises
    ------
    InputError
        The run is being written, has no raw frames or has not ended; a model, an engine, an instrument file or a
        product that cannot be used; a place for the new store that is none.
    OtherSourceError
        The new store is there already and holds something else.
    """
    told = summary(wish.run)
    _check_at_rest(wish.run, told)
    _check_place(wish.run, wish.out)
    with open_source(address(wish.run), instrument=wish.instrument) as source:
        info = source.info
    schedule = _schedule(wish, told)
    engine = _engine(wish, told)
    used = {name: _used(name, wish.run, info, engine) for name in {schedule.own, *(n for _, n in schedule.changes)}}
    own = used[schedule.own]
    made = Plan(
        run=wish.run if is_object(wish.run) else wish.run.resolve(),
        run_id=told.run_id,
        out=wish.out.resolve(),
        info=info,
        instrument=None if wish.instrument is None else wish.instrument.resolve(),
        schedule=schedule,
        used=used,
        engine=own.engine.split()[0],
        keep=told.products if wish.keep is None else parse_keep(wish.keep),
        stack=told.stack,
        smooth=wish.smooth,
        threads=wish.threads,
    )
    check_same(made)
    return made


def _check_at_rest(run: Path, told: StoreSummary) -> None:
    if held(lock_path(run)):
        raise InputError(f"is being written by {describe(lock_path(run))}", where=str(run), cure="wait until it ends")
    if not told.recorded:
        raise InputError("no frame is recorded", where=str(run))


def _check_place(run: Path, out: Path) -> None:
    refuse_object(out)
    if out.resolve() == run.resolve():
        raise InputError("a run is never written over", where=str(out), cure="give another --out")
    if not out.resolve().parent.is_dir():
        raise InputError("no such folder", where=str(out.resolve().parent), cure="create it or choose another --out")
    if not os.access(out.resolve().parent, os.W_OK):
        raise InputError("cannot be written", where=str(out.resolve().parent), cure="choose another --out")


def check_same(made: Plan) -> None:
    """A new store that is there already has to be one of ours, made in the same way.

    Raises
    ------
    OtherSourceError
        It is not.
    """
    if made.out.exists():
        check_made(made, summary(made.out))


def check_made(made: Plan, there: StoreSummary) -> None:
    """As `check_same`, of a store that may lie in a bucket."""
    before, where = there.extra.get(REPROCESSED), address(there.path)
    if not isinstance(before, dict):
        raise OtherSourceError("is a run of its own", where=where, cure="choose another --out")
    now = msgspec.to_builtins(made.told)
    if differs := [name for name, value in now.items() if before.get(name) != value]:
        raise OtherSourceError(
            f"was made otherwise: {', '.join(differs)} differ", where=where, cure="choose another --out"
        )


def _schedule(wish: Wish, told: StoreSummary) -> Schedule:
    """The model asked for, for all frames; or each frame's own, as the run had it."""
    if wish.model is not None:
        return Schedule(whole_name(wish.model))
    own = told.extra.get("model")
    if not isinstance(own, str):
        raise InputError("does not say by which model it was made", where=str(wish.run), cure="give --model")
    return schedule_of(own, told.extra.get(ATTRIBUTE))


def _engine(wish: Wish, told: StoreSummary) -> str:
    """The engine asked for; for `auto` and the run's own models, the one that they were computed by."""
    begun = told.extra.get("engine")
    if wish.engine == "auto" and wish.model is None and isinstance(begun, str) and begun != "none":
        return begun
    return wish.engine


def _used(name: str, run: Path, info: SourceInfo, engine: str) -> Used:
    instrument = parse_instrument(info.instrument_toml, info.address)
    try:
        model = load_model(where_it_lies(name, run), instrument, engine if needs_engine(name) else "auto")
    except StoreError as error:
        raise InputError(error.what, where=error.where, cure="give another --model") from error
    return Used(name, model.fingerprint, model.engine, model.pixels_alike)
