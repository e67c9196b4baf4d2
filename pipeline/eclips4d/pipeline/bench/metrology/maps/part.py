"""Part `maps` of `eclips4d bench metrology`: agreement with a height map of another instrument."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.maps.comparison import Comparison, compare
from eclips4d.metrology.maps.picture import picture
from eclips4d.metrology.maps.reading.files import read_map
from eclips4d.pipeline.bench.metrology.context import MetrologyContext
from eclips4d.pipeline.bench.metrology.maps.trials import Trial, trial
from eclips4d.pipeline.bench.metrology.simulated import movie_from
from eclips4d.pipeline.bench.rows import Row, at_most

TABLE = "A height map of another instrument, put in place and compared"
RECORDED = "A surface measured by atomic force microscopy, recorded and compared with itself"
DOSES, SEEDS = (300, 1000, 3000), 5
PLACE_PX = 0.1
RECORDING = "granular_afm"


def rows(context: MetrologyContext) -> list[Row]:
    """Both tables; the second is empty where there are no recordings."""
    with context.console.status("maps"):
        trials = [trial(dose, seed) for dose in DOSES for seed in range(context.seeds or SEEDS)]
        found = _recorded(context)
    made = [row for dose in DOSES for row in _of_dose(dose, [one for one in trials if one.dose == dose])]
    return [*made, *_shares(trials), *([] if found is None else _recorded_rows(found))]


def _of_dose(dose: int, trials: list[Trial]) -> list[Row]:
    at = f"{dose} electrons per segment and pixel"
    off = np.sqrt(np.mean([one.off_px**2 for one in trials]))
    ratio = 100 * max(abs(one.ratio_off) for one in trials)
    rms = 100 * max(abs(one.rms_off) for one in trials)
    return [
        at_most(TABLE, f"{at}: place of the map, rms, px", float(off), PLACE_PX),
        at_most(TABLE, f"{at}: ratio of the height scales, worst, %", ratio, 1.0),
        at_most(TABLE, f"{at}: rms difference against that in the true place, worst, %", rms, 5.0),
    ]


def _shares(trials: list[Trial]) -> list[Row]:
    places = np.concatenate([one.normalised for one in trials])
    ratios = np.array([one.ratio_normalised for one in trials])
    return [
        _share(f"places, turns and lateral scales with |error|/(2u) ≤ 1, % of {places.size}", places),
        _share(f"ratios of the height scales with |error|/(2u) ≤ 1, % of {ratios.size}", ratios),
    ]


def _share(what: str, normalised: NDArray[np.float64]) -> Row:
    share = 100 * float(np.mean(normalised <= 1))
    # So few trials tell a share of 95 % no better than this.
    slack = 3 + 200 * float(np.sqrt(0.95 * 0.05 / normalised.size))
    return Row(TABLE, what, share, f"95 ± {slack:.2g}", abs(share - 95) <= slack)


def _recorded(context: MetrologyContext) -> Comparison | None:
    folder = None if context.data is None else context.data / "recordings"
    if folder is None or not (folder / f"{RECORDING}.ome.tif").exists():
        return None
    from eclips4d.acquisition.open import open_source
    from eclips4d.core.instrument import parse_instrument

    with open_source(str(folder / f"{RECORDING}.ome.tif")) as source:
        movie = movie_from(tuple(source.frames()), parse_instrument(source.info.instrument_toml, RECORDING))
    chart = read_map(folder / f"{RECORDING}.truth.npz", channel="0")
    return compare(movie.read(movie.frames[-1]), movie.grid, chart)


def _recorded_rows(found: Comparison) -> list[Row]:
    a, pixel = found.agreement, found.grid.pixel_size_nm[0]
    shift = float(np.hypot(*found.refined.placement.shift_nm)) / pixel
    ratio = a.ratio.value
    return [
        at_most(RECORDED, "last frame: place, px", shift, 0.1),
        Row(RECORDED, "relief, sd, nm", float(found.map_nm[found.compared].std())),
        Row(RECORDED, "rms difference, nm", a.rms_nm.value),
        Row(RECORDED, "its standard uncertainty, nm", a.rms_nm.u),
        Row(RECORDED, "limits of agreement, ± nm", a.upper_nm.value),
        Row(RECORDED, "correlation length of the difference, nm", a.correlation_length_nm),
        Row(RECORDED, f"independent pixels among {a.pixels}", a.independent),
        Row(RECORDED, "ratio of the height scales less 1, %", 100 * (ratio.value - 1)),
        Row(RECORDED, "its standard uncertainty, %", 100 * ratio.u),
        at_most(RECORDED, "|ratio - 1|/(2u), both calibrations counted", found.normalised_ratio_error, 1.0),
    ]


def pictures(context: MetrologyContext, folder: Path) -> None:
    """The comparison of the recorded surface, or of a simulated one where there are no recordings."""
    found, title = _recorded(context), "a surface measured by atomic force microscopy: recorded, and as it was"
    if found is None:
        found, title = trial(1000, 0).found, "a simulated surface, and a simulated map of it"
    picture(found, title).savefig(folder / "metrology-maps.png", dpi=90)
