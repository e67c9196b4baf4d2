"""Part `swap` of `eclips4d bench loop`: a live source that waits for nobody, and two models one after the other."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np
from numpy.typing import NDArray

from eclips4d import storage
from eclips4d.core.errors import InputError, StageDiedError
from eclips4d.core.results import Status
from eclips4d.pipeline.adaptation.changing import change_model
from eclips4d.pipeline.bench.loop.context import LoopContext
from eclips4d.pipeline.bench.rows import Row, at_most

TABLE = "Another model for a running chain: analytic to live, 512², two frames a second"
FRAMES = 120
SOURCE = f"sim://stepflow?size=512&fps=2&frames={FRAMES}"
_BEGUN, _LOOK_S, _PATIENCE_S = 10, 0.5, 300.0


@dataclass(frozen=True, slots=True)
class Changed:
    """One run.

    Attributes
    ----------
    status : uint8 [time]
    used : str [time]
        Fingerprints.
    ready_s : float
        From asking until the model was in place.
    first : int
        Stated first frame.
    fingerprint : str
        Stated.
    refused : str
        What was said of a damaged model.
    """

    status: NDArray[np.uint8]
    used: list[str]
    ready_s: float
    first: int
    fingerprint: str
    refused: str


def rows(context: LoopContext) -> list[Row]:
    """One run, with a damaged model refused before."""
    with context.console.status("swap"), tempfile.TemporaryDirectory() as folder:
        seen = changed(Path(folder))
    done = int((seen.status & int(Status.DONE) > 0).sum())
    before, after = set(seen.used[: seen.first]), set(seen.used[seen.first :])
    exact = len(before) == 1 and after == {seen.fingerprint} and seen.fingerprint not in before
    return [
        at_most(TABLE, f"frames of {FRAMES} without results", float(FRAMES - done), 0.0),
        Row(TABLE, "fingerprints change at the stated frame", float(exact), "1", exact),
        Row(TABLE, "stated first frame", float(seen.first)),
        Row(TABLE, "from asking to being in place, s", seen.ready_s),
        Row(TABLE, "a damaged model refused, the run goes on", float(bool(seen.refused)), "1", bool(seen.refused)),
    ]


def changed(folder: Path) -> Changed:
    """Run the chain and change its model.

    Raises
    ------
    StageDiedError
        The chain ended before its frames did.
    """
    out, broken = folder / "run.zarr", folder / "broken.onnx"
    _break_a_model(broken)
    words = [sys.executable, "-m", "eclips4d.pipeline", "run", SOURCE, "--out", str(out), "--no-view", "--lag", "keep"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as chain:
        try:
            _wait_for(out, chain)
            refused = _refusal(out, broken)
            began = time.monotonic()
            answer = change_model(out, "live", None)
            ready = time.monotonic() - began
            if chain.wait(_PATIENCE_S + FRAMES) != 0 or answer.first is None:
                raise StageDiedError("the run did not end as it should", where=str(out))
        finally:
            chain.kill()
    with storage.open(out) as data:
        known = [model["fingerprint"] for model in data.attrs["eclips4d"]["models"]]
        used = [known[number] for number in data["model"].values]
        return Changed(data["status"].values, used, ready, answer.first, answer.fingerprint, refused)


def _break_a_model(path: Path) -> None:
    """Shipped weights, cut short."""
    from eclips4d.inference.networks.weights import FOLDER

    path.with_suffix(".toml").write_bytes((FOLDER / "slopes-live.toml").read_bytes())
    path.write_bytes((FOLDER / "slopes-live.onnx").read_bytes()[:-100])


def _refusal(out: Path, broken: Path) -> str:
    try:
        change_model(out, str(broken), None)
    except InputError as error:
        return str(error)
    return ""


def _wait_for(out: Path, chain: subprocess.Popen[bytes]) -> None:
    pause, deadline = Event(), time.monotonic() + _PATIENCE_S
    while chain.poll() is None and time.monotonic() < deadline:
        if out.exists() and (out / "zarr.json").exists() and storage.summary(out).committed >= _BEGUN:
            return
        pause.wait(_LOOK_S)
    raise StageDiedError("the run did not begin", where=str(out))
