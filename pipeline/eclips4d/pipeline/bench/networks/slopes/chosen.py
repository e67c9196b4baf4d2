"""Each peer at its best: its parameter chosen on the truth, per scene and dose, and what it scores; kept on disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from eclips4d.inference.closed_form import ClosedForm, ClosedFormSlopes, closed_form_slopes
from eclips4d.pipeline.bench.networks.judge.calibrating import instrument_of
from eclips4d.pipeline.bench.networks.judge.exposing import optical
from eclips4d.pipeline.bench.networks.judge.frame import JudgeFrame
from eclips4d.pipeline.bench.networks.judge.setting import Setting
from eclips4d.pipeline.bench.networks.slopes.peers import PEERS, Peer
from eclips4d.pipeline.bench.networks.slopes.scores import rms_error

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_CHOOSING = 2
"""Seeds on which a slow peer's parameter is chosen."""


@dataclass(frozen=True, slots=True)
class Best:
    """A peer with the parameter that suits the truth best.

    Attributes
    ----------
    parameter
        One for all frames.
    rms
        Of each frame, by that parameter, float64 [frames].
    """

    parameter: float
    rms: F64


@dataclass(frozen=True, slots=True)
class Read:
    """A frame and what the closed form reads of it."""

    frame: JudgeFrame
    closed: ClosedForm

    @property
    def noise(self) -> float:
        """Typical sd of a slope's noise."""
        return float(np.median(self.closed.slope_sd))

    @property
    def key(self) -> str:
        """Hash of the slopes, of the truth and of what is told of the noise."""
        hashed = xxhash.xxh3_64()
        for plane in (self.closed.slope, self.closed.slope_sd, self.frame.slope):
            hashed.update(np.ascontiguousarray(plane).data)
        return hashed.hexdigest()


def read(frame: JudgeFrame) -> Read:
    """Invert a frame in closed form."""
    return Read(frame, _closed_form(optical(frame.setting))(frame.raw, frame.calibration))


@lru_cache(maxsize=32)
def _closed_form(setting: Setting) -> ClosedFormSlopes:
    """Its tables of steep facets take half a second, and depend on neither dose nor gains."""
    return closed_form_slopes(instrument_of(setting))


def best(name: str, reads: Sequence[Read], kept: Path | None = None) -> Best:
    """A peer's scores with the one parameter that is best over these frames, in the geometric mean.

    Parameters
    ----------
    name
        Key of `PEERS`.
    kept
        Folder in which the scores of single frames are kept between runs; none when absent.
    """
    peer = PEERS[name]
    first = len(reads) if not peer.slow else min(_CHOOSING, len(reads))
    table = np.array([[_score(name, peer, r, value, kept) for value in peer.grid] for r in reads[:first]])
    at = int(np.argmin(np.log(table).mean(axis=0)))
    rest = [_score(name, peer, r, peer.grid[at], kept) for r in reads[first:]]
    return Best(peer.grid[at], np.array([*table[:, at], *rest]))


def filtered(name: str, reading: Read, parameter: float) -> F32:
    """Slopes as the peer gives them."""
    return PEERS[name].run(reading.closed.slope, reading.noise, parameter)


def _score(name: str, peer: Peer, reading: Read, parameter: float, kept: Path | None) -> float:
    file = (
        None if kept is None else kept / f"{name.replace(' ', '-').replace(',', '')}-{reading.key}-{parameter:g}.json"
    )
    if file is not None and file.is_file():
        return float(json.loads(file.read_text(encoding="utf-8")))
    score = rms_error(peer.run(reading.closed.slope, reading.noise, parameter), reading.frame.slope)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(score), encoding="utf-8")
    return score
