"""`eclips4d info`: what a store or a recording holds."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from eclips4d.acquisition.open import INSIDE
from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.storage.objects import address, is_object

LINGER_S = 60.0
"""For so long, old files stay for those who have the store open."""


def info(
    path: str, /, *, instrument: Path | None = None, verify: bool = False, repair: bool = False, tidy: bool = False
) -> int:
    """Say what a store or a recording holds: frames, sizes, times, instrument, versions, health.

    Example: `eclips4d info movie.zarr`

    Exit code 1 when something is damaged or lost, 0 otherwise. Looking never disturbs a run that is going on.

    Parameters
    ----------
    path
        A `RUN.zarr`, here or in a bucket (`s3://BUCKET/RUN.zarr`), a recording, images as a microscope saved them, or a
        source's address.
    instrument
        Of a recording that has no instrument file beside it, or another one.
    verify
        Read everything that the store holds and check it against its checksums, not only whether it is there.
    repair
        As `verify`, and mend what can be mended: damaged results are dropped and their frames deferred, so that
        running the same source again makes them anew; damaged raw frames are lost, and it is said which. What a killed
        writer left is removed. Not while a run is going on.
    tidy
        Put the many small files of a finished store together and make pyramids of it, which long runs do by
        themselves. The store takes no more frames afterwards; what has it open reads on for a minute.
    """
    if is_object(path) and (repair or verify or tidy):
        raise InputError("is mended where it was made", where=path, cure="do it there and mirror it again")
    if _is_store(path):
        if tidy:
            _tidy(Path(path))
        return _store(Path(path), verify, repair)
    if repair or verify or tidy:
        option = "repair" if repair else "verify" if verify else "tidy"
        raise InputError(f"--{option} is for stores", where=path, cure=f"leave --{option} out")
    _show(path, (_image_rows(path) if instrument is None else []) or _source_rows(path, instrument))
    return 0


def _show(title: str, rows: list[tuple[str, str]]) -> None:
    table = Table(show_header=False, box=None, title=title, title_justify="left")
    for name, value in rows:
        table.add_row(name, value)
    Console(markup=False).print(table, highlight=False)


def _is_store(path: str) -> bool:
    if "://" not in path and not Path(path.split(INSIDE)[0]).exists():
        raise MissingInputError("no such store or recording", where=path, cure="check the path")
    return is_object(path) or (Path(path) / "zarr.json").exists() or path.rstrip("/").endswith(".zarr")


def _tidy(path: Path) -> None:
    from eclips4d.storage.afterwards import tidy

    Console(markup=False).print(tidy(path, linger_s=LINGER_S), highlight=False, soft_wrap=True)


def _store(path: Path, verify: bool, repair: bool) -> int:
    from eclips4d.pipeline.store_report.mending import lost_for_ever, mend
    from eclips4d.pipeline.store_report.rows import store_rows

    done, lines = mend(path) if repair else (None, [])
    rows, found = store_rows(path, thorough=verify and not repair)
    rows += [("repair" if k == 0 else "", line) for k, line in enumerate(lines)]
    _show(address(path), rows)
    return 1 if found.damage or (done and lost_for_ever(done)) else 0


def _image_rows(path: str) -> list[tuple[str, str]]:
    from eclips4d.acquisition.loose_images import loose_images, told_by

    files = [] if "://" in path or INSIDE in path else loose_images(Path(path))
    return told_by(files) if files else []


def _source_rows(path: str, instrument_file: Path | None) -> list[tuple[str, str]]:
    from eclips4d.core.instrument import parse_instrument
    from eclips4d.pipeline.plan_run import describe
    from eclips4d.pipeline.store_report.rows import frame_line

    source = describe(path, instrument_file, "max")
    instrument = parse_instrument(source.instrument_toml, path)
    x, y = instrument.scan.pixel_size_xy_nm
    detector = instrument.detector
    given = [name for name in ("gain", "offset_adu") if getattr(detector, name) is not None]
    return [
        ("kind", source.kind),
        ("frames", "without end" if source.frames is None else str(source.frames)),
        ("frame", frame_line(source.shape, source.dtype, source.segments)),
        ("pixel size", f"{x:g} × {y:g} nm"),
        ("beam", f"{instrument.beam.energy_kev:g} keV"),
        ("detector", f"{len(detector.azimuths_deg)} segments, {detector.height_mm:g} mm from the specimen"),
        ("calibrated", ", ".join(given) or "no gains, no dark levels: estimated from the first frame"),
        ("instrument", f"fingerprint {source.instrument}"),
        ("side values", ", ".join(f"{k} [{v}]" for k, v in source.side_units.items()) or "none"),
        *[("remark", remark) for remark in source.remarks],
    ]
