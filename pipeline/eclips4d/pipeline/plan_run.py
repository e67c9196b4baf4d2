"""From the words of a command to a run: everything that can be refused is refused here, before a process starts."""

from __future__ import annotations

import math
import os
import re
import shutil
import tempfile
import uuid
from datetime import UTC, datetime
from pathlib import Path

import psutil

from eclips4d.acquisition.open import open_source
from eclips4d.core.errors import EclipsError, InputError, OtherSourceError
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.settings import load_toml
from eclips4d.core.source import SourceInfo
from eclips4d.inference.calibrate import check_first_frame
from eclips4d.inference.models import MODELS, Model, load_model, needs_engine
from eclips4d.inference.networks.weights import ENDING
from eclips4d.pipeline.config import CONFIG_NAME, PRODUCTS, Endpoints, RunConfig
from eclips4d.storage.missing import missing
from eclips4d.storage.objects import address, refuse_object
from eclips4d.storage.reader import StoreSummary, summary
from eclips4d.storage.space import Space, bytes_per_frame, check_space

LIVE_LAG_S = 5.0
SLOW_SCAN_S, USUAL_STRIPS = 4.0, 8
"""A live source that takes so long for a frame is looked at so often meanwhile."""
FOLDER_PREFIX = "eclips4d-"
INSTRUMENT_NAME = "instrument.toml"
KEEP_LOGS = 50
MOST_NAME_BYTES = 200
MOST_FOLDER_BYTES = 80


def describe(address: str, instrument: Path | None, speed: str) -> SourceInfo:
    """What the source says about itself; opening it and looking at a first frame finds what is wrong with it."""
    return first_look(address, instrument, speed)[0]


def first_look(address: str, instrument: Path | None, speed: str) -> tuple[SourceInfo, list[str]]:
    """As `describe`, and in what the source differs from the recording that calibrated its instrument, in words."""
    with open_source(address, instrument=instrument, speed="max" if speed == "realtime" else speed) as source:
        first = next(source.frames(), None) if source.info.can_wait else None
        description = parse_instrument(source.info.instrument_toml, address)
        if first is not None:
            check_first_frame(first.data, description)
        return source.info, description.calibration_differences(first.header.side if first else None)


def default_out(address: str) -> Path:
    """`./<source>-<UTC time>.zarr`."""
    name = Path(re.split(r"\?|::", address)[0].replace("://", "-")).name
    name = re.sub(r"\.(ome\.tiff?|tiff?|zarr|h5|hdf5|nxs|mrc|emd)$", "", name)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return Path(f"{name or 'run'}-{stamp}.zarr")


def parse_lag(lag: str | None, *, live: bool) -> float | None:
    """`keep` is None, `skip:SECONDS` the seconds; by default live sources skip after five seconds, recordings keep.

    Raises
    ------
    InputError
        Anything else.
    """
    if lag is None:
        return LIVE_LAG_S if live else None
    if lag == "keep":
        return None
    match = re.fullmatch(r"skip:(\d+(?:\.\d+)?)", lag)
    if match is None or float(match[1]) <= 0:
        raise InputError(f"unknown lag policy {lag!r}", where="--lag", cure="say keep or skip:SECONDS")
    return float(match[1])


def strips_of(strips: int | None, info: SourceInfo, *, view: bool) -> int:
    """Into how many strips frames are cut for a look at them while they are scanned; 0 for none."""
    if strips is not None:
        return strips if strips > 1 else 0
    rate = info.frames_per_second
    is_slow = rate is not None and rate * SLOW_SCAN_S <= 1.0
    return USUAL_STRIPS if view and is_slow and not info.can_wait else 0


def parse_keep(keep: str | None) -> tuple[str, ...]:
    """Names of the products to store; `raw` may be named too, and is kept in any case.

    Raises
    ------
    InputError
        An unknown product.
    """
    if keep is None:
        return PRODUCTS
    names = [name.strip() for name in keep.split(",")]
    unknown = [name for name in names if name not in ("raw", *PRODUCTS)]
    if unknown:
        known = ", ".join(("raw", *PRODUCTS))
        raise InputError(f"unknown product {unknown[0]!r}", where="--keep", cure=f"choose from {known}")
    return tuple(name for name in PRODUCTS if name in names)


def whole_name(model: str) -> str:
    """A model's name as all stages understand it: files with their whole path."""
    return model if model in MODELS or not model.endswith(ENDING) else str(Path(model).resolve())


def check_model(model: str, engine: str, info: SourceInfo) -> Model:
    """The model; one that does not exist, cannot be used, or whose engine cannot, is refused."""
    return load_model(model, parse_instrument(info.instrument_toml, info.address), engine)


def engine_of(out: Path, model: str, engine: str) -> str:
    """The engine asked for; for `auto`, where a store is continued, the one it was begun with.

    Raises
    ------
    InputError
        The store was begun with another engine: its frames would not be bit for bit what they would have been.
    """
    if not out.exists() or not needs_engine(model):
        return engine
    begun = str(summary(out).extra.get("engine", "none"))
    if begun in ("none", "auto") or begun == engine:
        return engine
    if engine != "auto":
        raise InputError(f"the store was begun with --engine {begun}", where=str(out), cure="choose another --out")
    return begun


def check_out(out: Path, info: SourceInfo, model: str, keep: str | None) -> tuple[str, ...]:
    """Refuse an output path that is something else, holds another source, or was begun with other options.

    Returns
    -------
    tuple of str
        The products that the store keeps, or will keep.

    Raises
    ------
    InputError, OtherSourceError
    """
    wanted = parse_keep(keep)
    _check_name(out)
    refuse_object(out)
    if not out.exists():
        if not out.parent.is_dir():
            raise InputError("no such folder", where=str(out.parent), cure="create it or choose another --out")
        return wanted
    held = summary(out)
    gone = missing(out) if held.source.identity == info.identity else []
    if gone:
        raise InputError(gone[0], where=str(out), cure=f"mend it with: eclips4d info --repair {out}")
    check_begun(held, info, model, keep)
    return held.products


def check_begun(held: StoreSummary, info: SourceInfo, model: str, keep: str | None) -> None:
    """Refuse to go on in a store of another source, or one that was begun with other options.

    Raises
    ------
    InputError, OtherSourceError
    """
    where, wanted = address(held.path), parse_keep(keep)
    if held.source.identity != info.identity:
        raise OtherSourceError(
            f"the store holds another source ({held.source.address})", where=where, cure="choose another --out"
        )
    if keep is not None and set(wanted) != set(held.products):
        kept = ",".join(("raw", *held.products))
        raise InputError(
            f"the store was begun with --keep {kept}", where=where, cure="leave --keep out or choose another --out"
        )
    if held.models and model not in held.models:
        raise InputError(
            f"the store was begun with --model {held.models[-1]}", where=where, cure="choose another --out"
        )


def _check_name(out: Path) -> None:
    try:
        length = len(out.name.encode())
    except UnicodeEncodeError as error:
        raise InputError("the name is not valid UTF-8", where="--out", cure="choose another name") from error
    if length > MOST_NAME_BYTES:
        raise InputError(f"a name of {length} bytes", where="--out", cure=f"choose one of at most {MOST_NAME_BYTES}")


def check_disk(out: Path, info: SourceInfo, keep: tuple[str, ...]) -> Space:
    """How long the disk lasts at the source's own rate; a recording has to fit.

    Raises
    ------
    DiskFullError
        Less than ten minutes of space, and less than the whole run needs.
    """
    size = bytes_per_frame(info, keep)
    total = math.inf if info.frames is None else float(size * info.frames)
    rate = info.frames_per_second or (0.0 if info.can_wait else 1.0)
    return check_space(out, size * rate, total_bytes=total)


def make_folder() -> Path:
    """A private folder (0700) for the sockets of one run; short, because socket paths are limited to 107 bytes."""
    for left in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*/{CONFIG_NAME}"):
        _remove_if_dead(left)
    temporary = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir="/tmp" if len(temporary) > MOST_FOLDER_BYTES else None))


def _remove_if_dead(config_file: Path) -> None:
    """Remove the folder of a run whose supervisor was killed before it could."""
    try:
        parent = load_toml(RunConfig, config_file).parent_pid
        if parent is not None and not psutil.pid_exists(parent):
            shutil.rmtree(config_file.parent, ignore_errors=True)
    except (EclipsError, OSError):
        return  # another user's, another version's, or gone by now: not ours to remove


def log_folder(run_id: str) -> Path:
    """Where the stages of this run log: `$XDG_STATE_HOME/eclips4d/<run>`; the newest runs are kept."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    folder = state / "eclips4d" / run_id
    folder.mkdir(parents=True, exist_ok=True)
    runs = sorted(folder.parent.iterdir(), key=lambda run: run.stat().st_mtime)
    for old in runs[:-KEEP_LOGS]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def make_config(source: str, out: Path, folder: Path, **settings: object) -> RunConfig:
    """The configuration that all stages of a run share."""
    run_id = uuid.uuid4().hex[:12]
    # A continued run spills where the interrupted one did, so that what it had not delivered is found again.
    spill = out.resolve().parent / f".{out.name}.spill"
    values: dict[str, object] = {
        "run_id": run_id,
        "source": source,
        "out": out.resolve(),
        "endpoints": Endpoints(
            hub=f"ipc://{folder}/hub",
            surfaces=f"ipc://{folder}/surfaces",
            notices=f"ipc://{folder}/notices",
            notes=f"ipc://{folder}/notes",
        ),
        "spill_dir": spill,
        "log_dir": log_folder(run_id),
        "ready_dir": folder,
        "parent_pid": os.getpid(),
    }
    return RunConfig.model_validate(values | settings)


def expecting(info: SourceInfo, folder: Path) -> dict[str, object]:
    """What the stages can get ready for before this source starts, as `make_config` takes it."""
    file = folder / INSTRUMENT_NAME
    file.write_text(info.instrument_toml, encoding="utf-8")
    return {"pixel_type": info.dtype, "frame_shape": info.shape[1:], "expected_instrument": file}
