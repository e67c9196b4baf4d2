"""Files of other programs (MRC, Gatan, Velox, Bruker, …) through RosettaSciIO, which is not part of the installation.

RosettaSciIO is published under the GPL, version 3 or later: it is imported here, when such a file is opened, and
nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eclips4d.acquisition.arrays import UNREADABLE, Checked, Stack, stack_pixels
from eclips4d.acquisition.description import described
from eclips4d.acquisition.indexed import IndexedSource
from eclips4d.acquisition.pace import Pace
from eclips4d.acquisition.recording import as_source, instrument_beside
from eclips4d.acquisition.vendor.header import UNITS, known, quantity
from eclips4d.acquisition.vendor.says import VendorSays
from eclips4d.core.errors import InputError
from eclips4d.core.units import S_PER_UNIT

_NOT = ("PantaRhei", "TIFF")
"""Files of the first may hold pickles; TIFF files have a way in of their own."""
_BEAM = {
    "high_voltage": ("beam_energy", "kV"),
    "beam_current": ("beam_current", "nA"),
    "working_distance": ("working_distance", "mm"),
    "dwell": ("dwell_time", "s"),
}
"""Value: key in RosettaSciIO's metadata, its unit there."""


def open_foreign(path: Path, *, instrument: Path | None, pace: Pace, run_id: str) -> IndexedSource:
    """A file that RosettaSciIO reads, as a source: one stack, or one image or movie per segment.

    Raises
    ------
    InputError
        RosettaSciIO is not installed or cannot read the file, or it holds no frames.
    """
    signals = _read(path)
    says = foreign_says(signals[0])
    description, text = described(instrument, instrument_beside(path, None), says, str(path))
    first = signals[0]["axes"]
    times = [axis for axis in first if axis.get("units") in S_PER_UNIT and axis.get("navigate")]
    scale = S_PER_UNIT[times[0]["units"]] * float(times[0].get("scale", 0.0)) if times else 0.0
    stack = Stack(
        arrays=tuple(Checked(_OneThread(signal["data"]), str(path)) for signal in signals),
        where=str(path),
        start_utc=says.start_utc or datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(),
        close=lambda: None,
        names=tuple(str(signal.get("metadata", {}).get("General", {}).get("title", "")) for signal in signals),
        period_s=scale if scale > 0.0 else None,
        side=says.side,
        side_units=says.units,
    )
    pixels = stack_pixels(stack, description.segments)
    return as_source(pixels, description, text, kind="file", address=str(path), pace=pace, run_id=run_id)


class _OneThread:
    """A lazy array computed on the thread that asks: dask's own threads would stay."""

    def __init__(self, lazy: Any) -> None:
        self.shape, self.dtype, self._lazy = lazy.shape, lazy.dtype, lazy

    def __getitem__(self, key: Any) -> Any:
        part = self._lazy[key]
        return part.compute(scheduler="synchronous") if hasattr(part, "compute") else part


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        from rsciio import IO_PLUGINS
    except ImportError as error:
        raise InputError(
            f"files of kind {path.suffix} need RosettaSciIO", where=str(path), cure="pip install 'eclips4d[formats]'"
        ) from error
    ending = path.suffix.lower().lstrip(".")
    readers = [
        plugin
        for plugin in IO_PLUGINS
        if plugin["name"] not in _NOT and ending in [known.lower() for known in plugin["file_extensions"]]
    ]
    if not readers:
        raise InputError(
            f"files of kind {path.suffix or '(none)'} are no recordings that eclips4d or RosettaSciIO can read",
            where=str(path),
            cure="give a *.ome.tif, a folder of segments, an HDF5 file or a RUN.zarr",
        )
    return _first_that_reads(readers, path)


def _first_that_reads(readers: Sequence[Mapping[str, Any]], path: Path) -> list[dict[str, Any]]:
    import importlib
    import warnings

    reason = ""
    for reader in readers:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                signals = importlib.import_module(reader["api"]).file_reader(str(path), lazy=True)
        except ImportError as error:
            reason = f"{reader['name']} needs {error.name}"
        except UNREADABLE as error:
            reason = f"{reader['name']}: {error}"
        else:
            if signals:
                return list(signals)
            reason = f"{reader['name']}: nothing in it"
    raise InputError(f"cannot be read: {reason}", where=str(path), cure="check that the file is complete")


def foreign_says(signal: Mapping[str, Any]) -> VendorSays:
    """Beam and scan as RosettaSciIO's metadata tell them."""
    metadata = signal.get("metadata", {})
    microscope = metadata.get("Acquisition_instrument", {})
    microscope = microscope.get("SEM") or microscope.get("TEM") or {}
    values = [(name, quantity(name, microscope.get(key), unit)) for name, (key, unit) in _BEAM.items()]
    pixel = [axis for axis in signal.get("axes", []) if not axis.get("navigate")][-2:]
    for name, axis in zip(("pixel_height", "pixel_width"), pixel, strict=False):
        values.append((name, quantity(name, axis.get("scale"), str(axis.get("units")))))
    side = known(values)
    general = metadata.get("General", {})
    started = f"{general.get('date')}T{general.get('time')}"
    return VendorSays(
        vendor="the file" if side else "",
        side=side,
        units={name: UNITS[name] for name in side},
        start_utc=_utc(started),
    )


def _utc(text: str) -> str | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
