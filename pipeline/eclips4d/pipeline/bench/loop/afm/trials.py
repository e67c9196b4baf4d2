"""Every case by us and by other programs, and maps of other places, which have to be refused."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.coregistration.coregister import coregister
from eclips4d.metrology.coregistration.result import Coregistration
from eclips4d.metrology.coregistration.search import Range, search
from eclips4d.pipeline.bench.loop.afm.cases import PIXEL_NM, SCENES, Case, case
from eclips4d.pipeline.bench.loop.afm.peers import PEERS

F64 = NDArray[np.float64]

PIXEL = (PIXEL_NM, PIXEL_NM)
WORKERS = 6
"""Processes that share the seeds; which maps count as those of other places depends on it."""
ELSEWHERE = {"copper-redox": "islands"}
"""Whose maps are of another place: its own of another seed, but here, where spirals stand alike in every seed."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What came of one case.

    Attributes
    ----------
    scene : str
    furthest_px : float
        Largest error over the run's pixels on the map; infinite where the map was refused.
    refusal : str
        Empty where it was not.
    normalised : float64 [6]
        |error|/(2u) of the six numbers; NaN where refused.
    ratio_error, ratio_normalised : float
        Relative error of the ratio of the heights, and over twice what is stated of it and of the run's own heights.
    seconds : float
        Of the processor.
    peers_px : mapping
        The same error by others.
    """

    scene: str
    furthest_px: float
    refusal: str
    normalised: F64
    ratio_error: float
    ratio_normalised: float
    seconds: float
    peers_px: Mapping[str, float]


def trials(seeds: int) -> tuple[list[Trial], list[bool]]:
    """So many cases of every scene, and whether the maps of other places were refused."""
    shares = min(WORKERS, max(seeds // 2, 1))
    with ProcessPoolExecutor(shares) as workers:
        done = list(workers.map(of_seeds, [range(k, seeds, shares) for k in range(shares)]))
    return [one for made, _ in done for one in made], [one for _, refused in done for one in refused]


def of_seeds(seeds: Sequence[int]) -> tuple[list[Trial], list[bool]]:
    """The cases of some seeds; maps of other places are those of the next of them."""
    cases = {scene: [case(scene, seed) for seed in seeds] for scene in SCENES}
    made = [trial(one) for of_scene in cases.values() for one in of_scene]
    refused = [
        found(one.run_nm, cases[ELSEWHERE.get(scene, scene)][(k + 1) % len(seeds)])[0] is None
        for scene, of_scene in cases.items()
        for k, one in enumerate(of_scene)
    ]
    return made, refused


def found(run_nm: F64, made: Case) -> tuple[Coregistration | None, str]:
    """Where the map lies, or why it was refused."""
    try:
        return coregister(run_nm, PIXEL, made.chart), ""
    except InputError as error:
        return None, str(error)


def trial(made: Case) -> Trial:
    """One map, brought onto its run."""
    began = time.process_time()
    placed, refusal = found(made.run_nm, made)
    seconds = time.process_time() - began
    rough = search(made.run_nm, PIXEL, made.chart, Range()).places[0].affine if placed is None else placed.rough
    peers = {
        name: made.furthest_px(peer.method(made.run_nm, PIXEL_NM, made.chart, rough))
        for name, peer in PEERS.items()
        if peer.there
    }
    if placed is None:
        return Trial(made.scene, np.inf, refusal, np.full(6, np.nan), np.nan, np.nan, seconds, peers)
    error = np.abs(placed.affine.numbers() - made.truth.numbers())
    ratio = placed.heights.ratio.value
    off = ratio.value / made.ratio - 1.0
    return Trial(
        made.scene,
        made.furthest_px(placed.affine),
        "",
        error / (2.0 * placed.u),
        off,
        abs(off) / (2.0 * math.hypot(ratio.u / made.ratio, made.scale_u)),
        seconds,
        peers,
    )
