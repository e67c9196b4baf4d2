"""Part `afm` of `eclips4d bench loop`: maps of an atomic force microscope on reconstructed surfaces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.coregistration.picture import picture
from eclips4d.pipeline.bench.loop.afm.cases import PIXEL_NM, SCENES, case
from eclips4d.pipeline.bench.loop.afm.peers import PEERS
from eclips4d.pipeline.bench.loop.afm.recorded import Recorded, recorded
from eclips4d.pipeline.bench.loop.afm.trials import Trial, found, trials
from eclips4d.pipeline.bench.loop.context import LoopContext
from eclips4d.pipeline.bench.rows import Row, at_most

TABLE = "Maps of an atomic force microscope, brought onto simulated runs"
PEER_TABLE = "The same maps by other programs"
RECORDED = "A recorded surface, and its truth as the map of another microscope"
SEEDS = 25
CLOSE_PX, SHARE, REFUSED = 0.3, 0.95, 0.99
SHOWN = "islands", 3


def rows(context: LoopContext) -> list[Row]:
    """All tables; the last is empty where there are no recordings."""
    with context.console.status("afm"):
        made, refused = trials(context.seeds or SEEDS)
        seen = recorded(context.data)
    found_rows = [*(row for scene in SCENES for row in _of_scene(scene, [t for t in made if t.scene == scene]))]
    return [*found_rows, *_of_all(made, refused), *_of_peers(made), *([] if seen is None else _recorded_rows(seen))]


def _of_scene(scene: str, made: list[Trial]) -> list[Row]:
    errors = np.array([one.furthest_px for one in made])
    placed = errors[np.isfinite(errors)]
    what = f"{scene}: largest error in the field ≤ {CLOSE_PX} px, share of {len(made)}"
    return [
        Row(TABLE, what, _share(errors <= CLOSE_PX)),
        Row(TABLE, f"{scene}: largest error, median, px", float(np.median(placed)) if placed.size else np.nan),
        Row(TABLE, f"{scene}: largest error, worst, px", float(placed.max()) if placed.size else np.nan),
        Row(TABLE, f"{scene}: refused", float(len(made) - placed.size)),
    ]


def _of_all(made: list[Trial], refused: list[bool]) -> list[Row]:
    errors = np.array([one.furthest_px for one in made])
    placed = [one for one in made if not one.refusal]
    numbers = np.concatenate([one.normalised for one in placed])
    ratios = np.array([one.ratio_error for one in placed])
    covered = np.array([one.ratio_normalised for one in placed]) <= 1.0
    wrong = [one for one in placed if one.furthest_px > 3.0]
    return [
        _at_least(f"all: largest error in the field ≤ {CLOSE_PX} px, share of {len(made)}", errors <= CLOSE_PX, SHARE),
        at_most(TABLE, "all: put more than 3 px off and not refused", float(len(wrong)), 0.0),
        _at_least(f"maps of other places refused, share of {len(refused)}", np.array(refused), REFUSED),
        Row(
            TABLE, f"scales, turns, shears, shifts with ∣error∣/(2u) ≤ 1, share of {numbers.size}", _share(numbers <= 1)
        ),
        Row(TABLE, f"… with ∣error∣/(2u) ≤ 1.5, share of {numbers.size}", _share(numbers <= 1.5)),
        Row(TABLE, "ratio of the heights, rms error, %", 100.0 * float(np.sqrt(np.mean(ratios**2)))),
        Row(
            TABLE,
            f"ratio of the heights: ∣error∣/(2u) ≤ 1, the run's scale counted, share of {covered.size}",
            _share(covered),
        ),
        Row(TABLE, "processor time of a case, median, s", float(np.median([one.seconds for one in made]))),
    ]


def _of_peers(made: list[Trial]) -> list[Row]:
    made_rows = _peer("ours", np.array([one.furthest_px for one in made]))
    for name, peer in PEERS.items():
        if not peer.there:
            made_rows.append(Row(PEER_TABLE, f"{name}: not installed", np.nan))
        else:
            made_rows += _peer(name, np.array([one.peers_px[name] for one in made]))
    return made_rows


def _peer(name: str, errors: NDArray[np.float64]) -> list[Row]:
    return [
        Row(PEER_TABLE, f"{name}: ≤ {CLOSE_PX} px, share", _share(errors <= CLOSE_PX)),
        Row(PEER_TABLE, f"{name}: ≤ 1 px, share", _share(errors <= 1.0)),
        Row(PEER_TABLE, f"{name}: largest error, median, px", float(np.median(errors))),
    ]


def _recorded_rows(seen: Recorded) -> list[Row]:
    found, ratio = seen.found, seen.found.heights.ratio.value
    return [
        at_most(RECORDED, "largest error in the field, drift within the frame counted, px", seen.furthest_px, CLOSE_PX),
        Row(RECORDED, "radius found of the tip, nm (there is none)", found.tip_radius_nm),
        Row(RECORDED, "residual, rms, nm", found.heights.rms_nm),
        Row(RECORDED, "ratio of the heights less 1, %", 100 * (ratio.value - 1)),
        Row(RECORDED, "its standard uncertainty, %", 100 * ratio.u),
        Row(RECORDED, "correlation of the slopes", found.confidence.correlation),
        Row(RECORDED, "significance, standard deviations", found.confidence.significance),
    ]


def _share(met: NDArray[np.bool_]) -> float:
    return float(np.mean(met))


def _at_least(what: str, met: NDArray[np.bool_], bar: float) -> Row:
    share = _share(met)
    return Row(TABLE, what, share, f"≥ {bar}", share >= bar)


def pictures(context: LoopContext, folder: Path) -> None:
    """One case: the run, the map as read, the map in its place, what is left."""
    made = case(*SHOWN)
    placed, _ = found(made.run_nm, made)
    if placed is not None:
        picture(made.run_nm, (PIXEL_NM, PIXEL_NM), placed).savefig(folder / "closed-loop-afm.png", dpi=90)
