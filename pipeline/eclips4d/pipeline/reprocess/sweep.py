"""Several models, or several instrument files, on one run: a store of each, made alike and named by what differs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import msgspec

from eclips4d.core.errors import InputError
from eclips4d.pipeline.reprocess.plan import Wish


class Asked(msgspec.Struct, frozen=True):
    """What was asked for, with everything that may be given several times."""

    run: Path
    out: Path
    models: tuple[str, ...] = ()
    instruments: tuple[Path, ...] = ()
    engine: str = "auto"
    keep: str | None = None
    smooth: bool = False
    threads: int = 1


def wishes(asked: Asked) -> list[Wish]:
    """One for each combination; a single one has `out` itself as its store, several have it as their folder.

    Raises
    ------
    InputError
        Two stores of one name, or a folder that is a store.
    """
    models: Sequence[str | None] = asked.models or (None,)
    instruments: Sequence[Path | None] = asked.instruments or (None,)
    pairs = list(product(models, instruments))
    if len(pairs) == 1:
        return [_wish(asked, asked.out, *pairs[0])]
    if (asked.out / "zarr.json").exists() or asked.out.is_file():
        raise InputError("is no folder for several stores", where=str(asked.out), cure="give another --out")
    names = [_name(model, instrument, len(models) > 1, len(instruments) > 1) for model, instrument in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"two stores would be called {twice[0]}", where=str(asked.out), cure="rename a file")
    return [_wish(asked, asked.out / name, *pair) for name, pair in zip(names, pairs, strict=True)]


def _wish(asked: Asked, out: Path, model: str | None, instrument: Path | None) -> Wish:
    return Wish(
        run=asked.run,
        out=out,
        model=model,
        instrument=instrument,
        engine=asked.engine,
        keep=asked.keep,
        smooth=asked.smooth,
        threads=asked.threads,
    )


def _name(model: str | None, instrument: Path | None, models: bool, instruments: bool) -> str:
    parts = [Path(model).stem] if model is not None and models else []
    parts += [instrument.stem] if instrument is not None and instruments else []
    return f"{'-'.join(parts)}.zarr"
