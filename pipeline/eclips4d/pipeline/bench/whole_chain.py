"""The whole chain's scores: a recording with truth goes through all stages, and the store they write is scored."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rich.console import Console

from eclips4d.acquisition.recording_writer import write_recording
from eclips4d.acquisition.truth import Truth
from eclips4d.core.errors import StageDiedError
from eclips4d.core.instrument import parse_instrument
from eclips4d.pipeline.bench import scores
from eclips4d.pipeline.bench.over_floor import movie_error, over_floor_row
from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.truth_cases import Case
from eclips4d.pipeline.run import RunRequest, start_run
from eclips4d.storage import open as open_store
from eclips4d.storage import summary

CLASSICAL_CHAIN = {"granular_afm": (11.0, 0.64), "frusta": (6.5, 0.51), "spiral": (15.0, 12.5), "stepflow": (32.0, 8.9)}
"""Height error over floor and drift error in pixels that plain image registration reaches on the same recordings."""


def whole_chain_rows(case: Case) -> list[Row]:
    """Run the stages on the case, everything estimated, and score the store; nothing stays behind.

    Raises
    ------
    StageDiedError
        The run did not end well.
    """
    with tempfile.TemporaryDirectory(prefix="eclips4d-accuracy-") as folder:
        return score_store(run_chain(case, Path(folder)), case.truth, case.name)


def run_chain(case: Case, folder: Path, model: str = "analytic") -> Path:
    """Run the stages on the case, everything estimated; returns the store they wrote into the folder.

    Raises
    ------
    StageDiedError
        The run did not end well.
    """
    recording = case.recording or _written(case, folder)
    store = folder / "run.zarr"
    request = RunRequest(source=str(recording), out=store, model=model)
    code = start_run(request, Console(quiet=True, force_terminal=False))
    if code:
        raise StageDiedError(
            f"the chain ended with exit code {code}", where=case.name, cure=f"try eclips4d run {recording}"
        )
    return store


def score_store(path: Path, truth: Truth, name: str) -> list[Row]:
    """Height error over floor and drift error, beside the classical chain's, and slope scale of a finished store."""
    table = "whole chain, everything estimated"
    height_bar, drift_bar = CLASSICAL_CHAIN.get(name, (None, None))
    instrument = parse_instrument(summary(path).source.instrument_toml, str(path))
    with open_store(path) as store:
        error = movie_error(store["height"].values, truth)
        lost = scores.drift_error(store["drift"].values.astype(float), truth.drift_px)
        slopes, heights = list(store["slope"].values), list(truth.height_nm)
        scale = scores.slope_scale(slopes, heights, float(truth.pixel_size_nm), levelled=True)
    return [
        over_floor_row(table, f"{name}: height error over floor", error, instrument, truth, bar=height_bar),
        at_most(table, f"{name}: drift error, px", lost, drift_bar),
        Row(table, f"{name}: {scores.RESOLVED_SCALE}, levelled", scale),
    ]


def _written(case: Case, folder: Path) -> Path:
    path = folder / "made.ome.tif"
    write_recording(path, case.frames, case.instrument)
    return path
