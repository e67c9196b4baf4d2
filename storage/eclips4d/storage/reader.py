"""Reading a store, finished or growing: an `xarray.Dataset`, a short summary, or frames as they were recorded."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from eclips4d.core.errors import InputError
from eclips4d.core.frame import FrameHeader, RawArray
from eclips4d.core.source import SourceInfo
from eclips4d.storage import rows
from eclips4d.storage.arrays import open_columns
from eclips4d.storage.durable import disk_errors
from eclips4d.storage.folder import load_document, load_record, record_of
from eclips4d.storage.glance import RECORDED
from eclips4d.storage.planes import Planes
from eclips4d.storage.record import Record

if TYPE_CHECKING:
    import xarray as xr


def open(path: Path | str, *, recorded: bool = False, datum: bool = False) -> xr.Dataset:
    """The store as a dataset of lazily read arrays: what is committed at this moment. Side values are coordinates.

    Parameters
    ----------
    path
        Folder of the store; it may be written at the same time. Open it again to see newer frames.
    recorded
        Show raw frames, their times, numbers, status and side values as far as they are recorded, committed or not.
    datum
        Take each frame's `datum` off its height, so that heights compare in time: they stay where the surface does.
        Frames whose datum is unobservable become NaN.

    Raises
    ------
    InputError
        Nothing is there, or it is not a store of eclips4d; or it shows no datum to take off.
    StoreError
        It is damaged.
    """
    return dataset_of(Path(path), load_document(Path(path)), recorded=recorded, datum=datum)


def dataset_of(
    root: Path, document: dict[str, dict[str, object]], *, recorded: bool = False, datum: bool = False
) -> xr.Dataset:
    """As `open`, of one commit of the store, which was read before."""
    import xarray as xr  # takes a second, which a stage that only writes need not spend

    from eclips4d.storage.snapshot import snapshot

    if recorded:
        document = deepcopy(document)
        _show_recorded(document)
    dataset: xr.Dataset = xr.open_zarr(snapshot(root, document), consolidated=True, chunks=None)
    dataset = dataset.set_coords([name for name in dataset.data_vars if str(name).startswith("side_")])
    if datum:
        from eclips4d.storage.levelled import with_datum

        return with_datum(dataset, str(root))
    return dataset


def _show_recorded(document: dict[str, dict[str, object]]) -> None:
    count = document["attributes"]["recorded"]
    arrays = document["consolidated_metadata"]["metadata"]
    assert isinstance(arrays, dict)
    for name in list(arrays):
        if name not in RECORDED and not name.startswith("side_"):
            del arrays[name]
        elif arrays[name]["dimension_names"][0] == "time":
            arrays[name]["shape"][0] = count


class StoreSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a store holds, from one small file.

    Attributes
    ----------
    total : int or None
        Frames of the whole run, once it has ended.
    expected : int or None
        Frames the source announced.
    version : str
        Of eclips4d, when the store was last written.
    calibrated : bool
        False when the detector's radii were assumed: shapes hold, the scale of slopes and heights is not known.
    scale_u : float
        Relative standard uncertainty of that scale, common to all pixels; 0 while no calibration is there.
    engine and the like
        In `extra`, as given when the store was created.
    """

    path: Path
    run_id: str
    version: str
    source: SourceInfo
    committed: int
    recorded: int
    total: int | None
    expected: int | None
    ended: bool
    shape: tuple[int, int, int]
    dtype: str
    pixel_size_nm: tuple[float, float]
    products: tuple[str, ...]
    stages: tuple[str, ...]
    models: tuple[str, ...]
    engines: tuple[str, ...]
    calibrations: int
    calibrated: bool
    scale_u: float
    side_units: dict[str, str]
    extra: dict[str, object]

    @property
    def stack(self) -> int:
        """How many frames a look at the run averages unless it asks for another number; 1 in stores that say nothing.

        The store itself holds single frames; see `eclips4d.metrology.stack`.
        """
        said = self.extra.get("stack", 1)
        return said if isinstance(said, int) and said > 0 else 1


def summary(path: Path | str) -> StoreSummary:
    """What the store at `path` holds; errors as in `open`."""
    root = Path(path)
    document = load_document(root)
    return summary_of(root, document, record_of(root, document))


def summary_of(root: Path, document: dict[str, dict[str, object]], record: Record) -> StoreSummary:
    """As `summary`, of one commit of the store, which was read before."""
    ours = document["attributes"]["eclips4d"]
    assert isinstance(ours, dict)
    return StoreSummary(
        path=root,
        run_id=record.run_id,
        version=str(ours.get("version", "")),
        source=record.source,
        committed=record.committed,
        recorded=record.recorded,
        total=record.total,
        expected=record.source.frames,
        ended=record.ended,
        shape=record.source.shape,
        dtype=record.source.dtype,
        pixel_size_nm=record.instrument.scan.pixel_size_xy_nm,
        products=record.products,
        stages=record.stages,
        models=tuple(model.name for model in record.models),
        engines=tuple(model.engine for model in record.models),
        calibrations=len(record.calibrations),
        calibrated=record.calibrated,
        scale_u=record.scale_u,
        side_units=record.side_units,
        extra=record.extra,
    )


class StoredFrames:
    """The frames of a store as they were recorded, for replaying them or inverting them again.

    Raises
    ------
    InputError, StoreError
        As in `open`.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._record: Record = load_record(self.path)
        self._instrument = self._record.instrument
        self._columns = open_columns(self.path, self._record)
        self._planes = Planes(self.path, [self._record.planes()["raw"]])

    @property
    def source(self) -> SourceInfo:
        """The source the frames came from."""
        return self._record.source

    @property
    def run_id(self) -> str:
        """The run they were recorded in."""
        return self._record.run_id

    def __len__(self) -> int:
        return self._record.recorded

    def header(self, sequence: int) -> FrameHeader:
        """Header of one frame; `InputError` for a gap."""
        self._check(sequence)
        return rows.read_header(self._columns, sequence, self.run_id, self.source, self._instrument)

    def raw(self, sequence: int) -> RawArray:
        """Pixels of one frame, [segment, y, x]."""
        self._check(sequence)
        with disk_errors(self.path):
            return self._planes.read("raw", sequence)

    def _check(self, sequence: int) -> None:
        if not 0 <= sequence < len(self):
            raise InputError(f"no sequence {sequence} among {len(self)} recorded frames", where=str(self.path))
