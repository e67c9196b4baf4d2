"""What was dropped onto a window, or chosen to be opened; recordings processed by a run of their own. Knows no Qt."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import count
from pathlib import Path
from typing import IO

RECORDING = (".ome.tif", ".ome.tiff")
TIFF = (".tif", ".tiff")
INSTRUMENT = "instrument.toml"
MOST_JSON = 8 << 20
"""Bytes of a store's metadata that are looked into before it is opened."""


class Kind(Enum):
    """What can be done with a path."""

    STORE = "look at it"
    RECORDING = "process it"
    NEITHER = "nothing"


@dataclass(frozen=True, slots=True)
class Found:
    """What a path is; `why` says why nothing can be done with it."""

    kind: Kind
    path: Path
    why: str = ""


def what_is(path: Path) -> Found:
    """A store, a recording with its instrument file, or neither; looks at names, and into one small file of a store."""
    path = path.absolute()
    if path.name == "zarr.json":
        path = path.parent
    if path.suffix.lower() == ".toml":
        path = _recording_of(path)
    if not path.exists():
        return Found(Kind.NEITHER, path, f"{path.name}: no such file or folder")
    if path.is_dir():
        return _folder(path)
    name = path.name.lower()
    if not name.endswith(RECORDING):
        return Found(Kind.NEITHER, path, f"{path.name}: neither a RUN.zarr nor a recording (NAME.ome.tif)")
    beside = path.with_name(f"{stem(path)}.toml")
    if not beside.is_file():
        return Found(Kind.NEITHER, path, f"{path.name}: its instrument file {beside.name} is not beside it")
    return Found(Kind.RECORDING, path)


def stem(recording: Path) -> str:
    """Its name without `.ome.tif`."""
    return next((recording.name[: -len(s)] for s in RECORDING if recording.name.lower().endswith(s)), recording.name)


def store_for(recording: Path, *, fresh: bool = False) -> Path:
    """`NAME.zarr` beside it, or in the working directory where nothing can be written there.

    Parameters
    ----------
    recording : Path
    fresh : bool
        `NAME-2.zarr`, … where that is there already.
    """
    folder = recording.parent if os.access(recording.parent, os.W_OK) else Path.cwd()
    first = folder / f"{stem(recording)}.zarr"
    if not fresh or not first.exists():
        return first
    others = (folder / f"{stem(recording)}-{k}.zarr" for k in count(2))
    return next(path for path in others if not path.exists())


def command(recording: Path, out: Path) -> list[str]:
    """What processes a recording, without a window of its own."""
    return [sys.executable, "-m", "eclips4d.pipeline", "run", str(recording), "--out", str(out), "--no-view"]


class Processing:
    """A run that was started from a window; it goes on when the window closes.

    Parameters
    ----------
    words : sequence of str
        The command.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - read when the run has ended
        self._process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True
        )
        self._failure: str | None = None

    @property
    def goes_on(self) -> bool:
        """It has not ended."""
        return self._process.poll() is None

    @property
    def failure(self) -> str:
        """The last line that it said, when it has ended with an error; empty otherwise."""
        if self._failure is None and not self.goes_on:
            self._failure = self._last_line() if self._process.returncode else ""
            self._log.close()
        return self._failure or ""

    def wait(self, timeout_s: float) -> int:
        """Its exit code; for whoever started it and does not go before it."""
        return self._process.wait(timeout_s)

    def _last_line(self) -> str:
        self._log.seek(0)
        lines = [line.strip() for line in self._log.read().decode(errors="replace").splitlines()]
        return next((line for line in reversed(lines) if line), f"exit code {self._process.returncode}")


def _folder(path: Path) -> Found:
    if (path / "zarr.json").is_file():
        return Found(Kind.STORE, path) if _is_ours(path) else _neither(path, "a Zarr group, but not a run's store")
    if path.suffix == ".zarr":
        return _neither(path, "no store: there is no zarr.json in it")
    if not any(file.suffix.lower() in TIFF for file in path.iterdir()):
        return _neither(path, "neither a RUN.zarr nor a folder with one TIFF per segment")
    if not (path / INSTRUMENT).is_file():
        return _neither(path, f"a folder of TIFFs, but there is no {INSTRUMENT} in it")
    return Found(Kind.RECORDING, path)


def _neither(path: Path, why: str) -> Found:
    return Found(Kind.NEITHER, path, f"{path.name}: {why}")


def _is_ours(path: Path) -> bool:
    """What cannot be told is left to the reader, which says what is wrong."""
    file = path / "zarr.json"
    try:
        held = json.loads(file.read_bytes()) if file.stat().st_size <= MOST_JSON else None
    except (OSError, ValueError):
        return True
    return not isinstance(held, dict) or "eclips4d" in held.get("attributes", {})


def _recording_of(toml: Path) -> Path:
    """The recording that an instrument file lies beside."""
    if toml.name == INSTRUMENT:
        return toml.parent
    beside = (toml.with_name(f"{toml.stem}{suffix}") for suffix in RECORDING)
    return next((path for path in beside if path.exists()), toml)
