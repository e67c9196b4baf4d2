"""`eclips4d info`: what a store or a recording holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from eclips4d.core.errors import InputError, MissingInputError

if TYPE_CHECKING:
    import xarray as xr

    from eclips4d.storage.reader import StoreSummary


def info(path: str, /, *, repair: bool = False) -> int:
    """Say what a store or a recording holds: frames, sizes, times, instrument, versions, health.

    Example: `eclips4d info movie.zarr`

    Parameters
    ----------
    path
        A `RUN.zarr`, a recording, or a simulated source's address.
    repair
        Check every committed chunk of the store, drop what a killed writer left, and mend the metadata.
    """
    rows = _store_rows(Path(path), repair) if _is_store(path) else _source_rows(path, repair)
    table = Table(show_header=False, box=None, title=path, title_justify="left")
    for name, value in rows:
        table.add_row(name, value)
    Console(markup=False).print(table, highlight=False)
    return 0


def _is_store(path: str) -> bool:
    if "://" not in path and not Path(path).exists():
        raise MissingInputError("no such store or recording", where=path, cure="check the path")
    return (Path(path) / "zarr.json").exists() or path.rstrip("/").endswith(".zarr")


def _store_rows(path: Path, repair: bool) -> list[tuple[str, str]]:
    from eclips4d.storage import open as open_store
    from eclips4d.storage.missing import missing
    from eclips4d.storage.reader import summary
    from eclips4d.storage.repair import repair as repair_store

    mended = repair_store(path) if repair else None
    held = summary(path)
    source = held.source
    with open_store(path) as data:
        status = data["status"].values
        times = data["time"].values
        datum = _datum_rows(data)
    counts = {"gap": 2, "duplicate dropped": 4, "quarantined": 8, "not aligned": 16, "deferred": 32}
    noted = [f"{int(((status & bit) > 0).sum())} {name}" for name, bit in counts.items() if (status & bit).any()]
    gone = missing(path)
    damage = [f"{'; '.join(gone)}: mend it with --repair"] if gone else []
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    rows = [
        (
            "frames",
            f"{held.committed} committed, {held.recorded} recorded, run {'ended' if held.ended else 'not ended'}",
        ),
        ("health", ", ".join(damage + noted) or "no gap, every frame aligned"),
        ("frame", _frame_line(source.shape, source.dtype, source.segments)),
        ("times", f"{times[0]:g} s to {times[-1]:g} s after {source.start_utc}" if len(times) else "none"),
        ("products", ", ".join(held.products)),
        ("shown as", "single frames" if held.stack == 1 else f"mean of {held.stack} frames; single ones are stored"),
        ("source", f"{source.kind} {source.address}"),
        ("instrument", f"fingerprint {source.instrument}"),
        ("models", _models_line(held)),
        ("height scale", _scale_line(held)),
        *datum,
        ("size", f"{size / 1e6:.1f} MB"),
        ("written by", f"eclips4d {held.version}, run {held.run_id}"),
    ]
    return rows if mended is None else [*rows, ("repair", str(mended))]


def _models_line(held: StoreSummary) -> str:
    used = zip(held.models, held.engines, strict=True)
    return ", ".join(name if engine == "none" else f"{name} on {engine}" for name, engine in used) or "none"


def _datum_rows(data: xr.Dataset) -> list[tuple[str, str]]:
    from eclips4d.metrology.datum import read_datum
    from eclips4d.viewer.datum_words import datum_rows

    return datum_rows(read_datum(data)) if "height" in data else []


def _scale_line(held: StoreSummary) -> str:
    if not held.calibrations:
        return "not known yet"
    if not held.calibrated:
        return "NOT calibrated: the detector's radii or dark levels are not known"
    return f"calibrated, ± {100 * held.scale_u:.2g} %"


def _source_rows(path: str, repair: bool) -> list[tuple[str, str]]:
    from eclips4d.core.instrument import parse_instrument
    from eclips4d.pipeline.plan_run import describe

    if repair:
        raise InputError("only stores can be repaired", where=path, cure="leave --repair out")
    source = describe(path, None, "max")
    instrument = parse_instrument(source.instrument_toml, path)
    x, y = instrument.scan.pixel_size_xy_nm
    detector = instrument.detector
    given = [name for name in ("gain", "offset_adu") if getattr(detector, name) is not None]
    return [
        ("kind", source.kind),
        ("frames", "without end" if source.frames is None else str(source.frames)),
        ("frame", _frame_line(source.shape, source.dtype, source.segments)),
        ("pixel size", f"{x:g} × {y:g} nm"),
        ("beam", f"{instrument.beam.energy_kev:g} keV"),
        ("detector", f"{len(detector.azimuths_deg)} segments, {detector.height_mm:g} mm from the specimen"),
        ("calibrated", ", ".join(given) or "no gains, no dark levels: estimated from the first frame"),
        ("instrument", f"fingerprint {source.instrument}"),
        ("side values", ", ".join(f"{k} [{v}]" for k, v in source.side_units.items()) or "none"),
    ]


def _frame_line(shape: tuple[int, int, int], dtype: str, segments: tuple[str, ...]) -> str:
    n, rows, columns = shape
    return f"{n} segments ({', '.join(segments)}) of {columns} × {rows} pixels, {dtype}"
