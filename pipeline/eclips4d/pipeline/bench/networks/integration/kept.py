"""Scores of peers, kept from run to run: the same frame, parameters and code give the same score."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import xxhash

from eclips4d.core.cache import cache_folder
from eclips4d.inference import integrate
from eclips4d.pipeline.bench.networks.integration.cases import Case
from eclips4d.pipeline.bench.networks.integration.contenders import Contender, Parameters
from eclips4d.pipeline.bench.networks.integration.scores import Score, score

_HERE = Path(__file__).parent
_DECISIVE = ("borders.py", "stencils.py", "slopes.py", "scores.py")


class Kept:
    """Scores by what they are of; one line of JSON each, in a file that may be deleted at any time.

    Parameters
    ----------
    folder
        Where the file is; nothing is kept when absent.
    """

    def __init__(self, folder: Path | None) -> None:
        self._file = None if folder is None else folder / f"integrators-{code()}.jsonl"
        self._known: dict[str, list[float]] = {}
        if self._file is not None and self._file.is_file():
            for line in self._file.read_text(encoding="utf-8").splitlines():
                key, values = json.loads(line)
                self._known[key] = values

    def __call__(self, contender: Contender, parameters: Parameters, case: Case) -> Score:
        """Of a contender on a frame, integrated only if it has to be."""
        if not contender.lasting:
            return _measured(contender, parameters, case)
        key = f"{contender.name} {sorted(parameters.items())} {_of(case)}"
        if key not in self._known:
            found = _measured(contender, parameters, case)
            self._known[key] = [found.rms, *found.bands, found.step]
            self._append(key)
        rms, long, middle, short, step = self._known[key]
        return Score(rms, (long, middle, short), step)

    def _append(self, key: str) -> None:
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, self._known[key]]) + "\n")


def usual_folder() -> Path:
    """In this user's caches."""
    return cache_folder() / "bench"


@cache
def code() -> str:
    """Sixteen hex digits over the source of everything that decides a peer's score."""
    hashed = xxhash.xxh3_64()
    for file in (*sorted((_HERE / "peers").glob("*.py")), *(_HERE / name for name in _DECISIVE)):
        hashed.update(file.read_bytes())
    hashed.update(Path(integrate.__file__).read_bytes())
    return hashed.hexdigest()


def _measured(contender: Contender, parameters: Parameters, case: Case) -> Score:
    return score(contender(case.slopes, parameters), case.height, case.counted)


def _of(case: Case) -> str:
    hashed = xxhash.xxh3_64(repr(case.slopes.pixel_nm).encode())
    for plane in (case.slopes.slope, case.slopes.slope_sd, case.slopes.valid, case.height, case.counted):
        hashed.update(np.ascontiguousarray(plane).data)
    return hashed.hexdigest()
