"""Compression: size and processor time by codec, on raw frames and on rounded results, and what checksums cost."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorstore as ts
from numpy.typing import NDArray

from eclips4d.pipeline.bench.reliability.compression.cases import Case, cases
from eclips4d.pipeline.bench.reliability.compression.codecs import CANDIDATES, Codec, document
from eclips4d.pipeline.bench.reliability.context import ReliabilityContext
from eclips4d.pipeline.bench.rows import Row
from eclips4d.storage.layout import PRODUCTS, plane_specs

RAW = "Codecs on raw frames"
RESULTS = "Codecs on rounded results"
REPEATS = 9
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one frame: bytes on the disk over bytes in memory, and processor time, ms."""

    share: float
    write_ms: float
    read_ms: float


def rows(context: ReliabilityContext) -> list[Row]:
    """Each codec on the raw frames and on the results of every case."""
    found = cases(context.seed)
    measured = []
    for table, arrays in ((RAW, _raw), (RESULTS, _results)):
        for case in found:
            context.console.print(f"{table}: {case.name}", highlight=False)
            costs = compare(case, arrays(case), CANDIDATES)
            measured += [_row(table, f"{case.name}: {name}", each) for name, each in costs.items()]
    return measured


def compare(case: Case, arrays: Arrays, candidates: Mapping[str, list[Codec]]) -> dict[str, Cost]:
    """Store the arrays several times as one frame, durably, with every codec in turn, and read them back.

    The least time of several is taken: whatever else the machine does only adds.
    """
    folder = Path(tempfile.mkdtemp(prefix="eclips4d-codecs-", dir=Path.cwd()))
    try:
        opened = {name: _opened(folder / str(k), case, arrays, candidates[name]) for k, name in enumerate(candidates)}
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in candidates}
        for k in range(REPEATS):
            for name, targets in opened.items():
                took[name].append(_once(targets, arrays, k))
        sizes = {name: _bytes(folder / str(k)) / REPEATS for k, name in enumerate(candidates)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    plain = sum(array.nbytes for array in arrays.values())
    return {
        name: Cost(sizes[name] / plain, min(write for write, _ in times), min(read for _, read in times))
        for name, times in took.items()
    }


def _opened(folder: Path, case: Case, arrays: Arrays, codecs: list[Codec]) -> dict[str, Any]:
    specs = plane_specs(case.source, tuple(PRODUCTS))
    context = ts.Context({"cache_pool": {"total_bytes_limit": 0}})
    return {
        name: ts.open(
            {
                "driver": "zarr3",
                "kvstore": {"driver": "file", "path": f"{folder / name}/"},
                "metadata": document(specs[name], codecs),
            },
            open=True,
            assume_metadata=True,
            context=context,
        ).result()
        for name in arrays
    }


def _once(targets: Mapping[str, Any], arrays: Arrays, k: int) -> tuple[float, float]:
    """Processor time of writing and of reading frame `k`, ms."""
    begun = time.process_time()
    for written in [targets[name][k].write(array) for name, array in arrays.items()]:
        written.result()
    between = time.process_time()
    for taken in [targets[name][k].read() for name in arrays]:
        taken.result()
    return 1e3 * (between - begun), 1e3 * (time.process_time() - between)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("c.*"))


def _raw(case: Case) -> dict[str, NDArray[Any]]:
    return {"raw": case.raw}


def _results(case: Case) -> dict[str, NDArray[Any]]:
    return dict(case.products)


def _row(table: str, name: str, found: Cost) -> Row:
    what = f"{name}, % of its bytes (write {found.write_ms:.1f} ms, read {found.read_ms:.1f} ms)"
    return Row(table, what, 100 * found.share)
