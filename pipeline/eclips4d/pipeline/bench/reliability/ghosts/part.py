"""Ghosts: a store grows, ends and is trimmed while readers open it in four ways; none raises, none sees too much."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec

from eclips4d.core.errors import StageDiedError
from eclips4d.pipeline.bench.reliability.chain import pause
from eclips4d.pipeline.bench.reliability.context import ReliabilityContext
from eclips4d.pipeline.bench.reliability.ghosts.reader import WAYS, Seen
from eclips4d.pipeline.bench.rows import Row, at_most

TABLE = "Readers of a growing store"
OPENS = 100_000
OTHERS = OPENS // 10
"""Opens in each way but plain xarray."""
FRAMES = 4500
"""Of each store: more than one block of a live run, so that readers also meet its growth, and then its end."""
SIZE = 64
AFTERWARDS_S = 1.0
"""For which readers go on after the end."""
HERE = "eclips4d.pipeline.bench.reliability.ghosts"


def rows(context: ReliabilityContext) -> list[Row]:
    """One row per way of reading."""
    wanted = Counter({way: context.times(OPENS if way == "xarray.open_zarr" else OTHERS) for way in WAYS})
    total = {way: Seen() for way in WAYS}
    started, stores = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="eclips4d-ghosts-") as folder:
        while left := {way: count for way in WAYS if (count := wanted[way] - total[way].opens) > 0}:
            for way, seen in one_store(Path(folder) / f"run{stores}.zarr", left).items():
                total[way].add(seen)
            stores += 1
            opens = sum(seen.opens for seen in total.values())
            context.console.print(f"{opens} opens of {stores} stores in {time.monotonic() - started:.0f} s")
    return [_row(way, seen, context) for way, seen in total.items()]


def one_store(store: Path, left: dict[str, int]) -> dict[str, Seen]:
    """Let one store grow to its end while two readers open it plainly and one in the other ways.

    Raises
    ------
    StageDiedError
        The store was not written to its end.
    """
    writer = _started("growing", str(store), str(FRAMES), str(SIZE))
    while not (store / "zarr.json").exists() and writer.poll() is None:
        pause(0.02)
    plain, others = left.get("xarray.open_zarr", 0), {way: n for way, n in left.items() if way != "xarray.open_zarr"}
    tasks = [("xarray.open_zarr", -(-plain // 2))] * 2 if plain else []
    if others:
        tasks.append((",".join(others), sum(others.values())))
    readers = [_started("reader", str(store), ways, str(opens)) for ways, opens in tasks]
    while writer.poll() is None and any(reader.poll() is None for reader in readers):
        pause(0.1)
    if any(reader.poll() is None for reader in readers):
        pause(AFTERWARDS_S)
    found: dict[str, Seen] = {}
    for reader in readers:
        said, _ = reader.communicate(b"")
        for way, seen in msgspec.json.decode(said, type=dict[str, Seen]).items():
            found.setdefault(way, Seen()).add(seen)
    if writer.poll() is None:
        writer.kill()
    writer.communicate()
    if writer.returncode > 0:
        raise StageDiedError("the store was not written to its end", where=str(store))
    return found


def _started(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"{HERE}.{module}", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _row(way: str, seen: Seen, context: ReliabilityContext) -> Row:
    if seen.first_error:
        context.console.print(f"{way}: {seen.first_error}", highlight=False)
    what = f"{way}: {seen.opens} opens, {seen.lengths} of them with newer frames; exceptions and ghost frames"
    return at_most(TABLE, what, seen.exceptions + seen.ghosts, 0)
