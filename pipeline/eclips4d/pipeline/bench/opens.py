"""How often a plain reader can open a growing store, and what it sees: no exception, no frame that is not there."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from rich.console import Console

SOURCE = "sim://flood?size=128&fps=20"


@dataclass(slots=True)
class Seen:
    """What the opens found."""

    opens: int = 0
    commits: int = 0
    exceptions: int = 0
    ghosts: int = 0
    first_error: str = ""


def run_opens(console: Console, opens: int) -> int:
    """Open a store of a running chain `opens` times with plain xarray; exit code 1 if anything was wrong."""
    with tempfile.TemporaryDirectory(prefix="eclips4d-opens-") as folder:
        store = Path(folder) / "run.zarr"
        command = [sys.executable, "-m", "eclips4d.pipeline", "run", SOURCE, "--out", str(store), "--no-view"]
        chain = subprocess.Popen(command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        try:
            seen = _open_again_and_again(store, opens, chain)
        finally:
            chain.send_signal(signal.SIGINT)
            chain.wait(60)
    console.print(
        f"{seen.opens} opens over {seen.commits} commits: {seen.exceptions} exceptions, {seen.ghosts} ghost frames",
        highlight=False,
    )
    if seen.first_error:
        console.print(seen.first_error, highlight=False)
    return 0 if seen.exceptions == seen.ghosts == 0 and seen.opens == opens else 1


def _open_again_and_again(store: Path, opens: int, chain: subprocess.Popen[bytes]) -> Seen:
    seen, newest = Seen(), 0
    while not (store / "zarr.json").exists():
        try:
            chain.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        return seen
    while seen.opens < opens and chain.poll() is None:
        seen.opens += 1
        try:
            count, ghost = look(store)
        except (OSError, ValueError, KeyError) as error:
            seen.exceptions += 1
            seen.first_error = seen.first_error or repr(error)
            continue
        seen.ghosts += ghost
        seen.commits += count > newest
        newest = max(newest, count)
    return seen


def look(store: Path) -> tuple[int, bool]:
    """Open the store as a user would; returns its frame count and whether its newest frame is not really there."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with xr.open_zarr(store) as data:
            count = int(data.sizes["time"])
            if count == 0:
                return 0, False
            last = data.isel(time=-1)
            done = int(last["status"]) & 1
            whole = (
                np.isfinite(float(last["time"]))
                and bool(last["raw"][:, :8, :8].values.any())
                and bool(np.isfinite(last["height"][60:68, 60:68].values).all())
            )
            return count, not (done and whole)
