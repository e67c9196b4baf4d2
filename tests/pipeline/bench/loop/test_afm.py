"""Part `afm` of the benchmark of the closed loop: its cases are what they say, and errors are errors."""

import numpy as np
import pytest
from rich.console import Console
from scipy.ndimage import map_coordinates

from eclips4d.core.errors import InputError
from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.pipeline.bench.loop.afm import part
from eclips4d.pipeline.bench.loop.afm.cases import LEAST_OVERLAP, PIXEL_NM, SCALE, SHEAR, SIDE, TURN_DEG, Case, case
from eclips4d.pipeline.bench.loop.afm.peers import PEERS
from eclips4d.pipeline.bench.loop.afm.trials import Trial, trial
from eclips4d.pipeline.bench.loop.context import LoopContext
from eclips4d.pipeline.bench.loop.run import run_loop


@pytest.fixture(scope="module")
def made() -> Case:
    return case("rough", 900)


def test_a_case_is_as_crooked_as_it_says(made: Case):
    truth = made.truth
    off = np.abs(np.array(truth.scale) - 1.0)
    assert (off >= SCALE / 2).all() and (off <= SCALE).all()
    assert TURN_DEG / 2 <= abs(truth.turn_deg) <= TURN_DEG and SHEAR / 2 <= abs(truth.shear) <= SHEAR


def test_the_map_lies_where_it_says(made: Case):
    """Read back through its place by nearest pixels, the map is the run, tip and bow aside."""
    along = (np.arange(SIDE) - (SIDE - 1) / 2) * PIXEL_NM
    east, south = made.truth.to_map(*np.meshgrid(along, along))
    rows, columns = made.chart.height_nm.shape
    pixel = made.chart.pixel_size_nm[0]
    at = [south / pixel + (rows - 1) / 2, east / pixel + (columns - 1) / 2]
    there = map_coordinates(made.chart.height_nm, at, order=0, cval=np.nan)
    known = np.isfinite(there)
    assert known.mean() > 0.8 * LEAST_OVERLAP * min(1.0, rows * columns * pixel**2 / (SIDE * PIXEL_NM) ** 2)
    bow = np.stack([np.ones(east.shape), east, south, east**2, east * south, south**2], axis=-1)[known]
    flat = [image[known] - bow @ np.linalg.lstsq(bow, image[known], rcond=None)[0] for image in (there, made.run_nm)]
    assert np.corrcoef(*flat)[0, 1] > 0.85


def test_an_error_is_the_largest_in_the_field(made: Case):
    truth = made.truth
    beside = Affine(truth.scale, truth.turn_deg, truth.shear, (truth.shift_nm[0] + 4.0, truth.shift_nm[1] - 3.0))
    assert made.furthest_px(truth) == pytest.approx(0.0, abs=1e-9)
    assert made.furthest_px(beside) == pytest.approx(5.0 / PIXEL_NM)


@pytest.mark.slow
def test_a_case_is_aligned_and_another_refused(made: Case):
    one = trial(made)
    assert one.furthest_px < part.CLOSE_PX and not one.refusal and abs(one.ratio_error) < 0.05
    assert set(one.peers_px) == {name for name, peer in PEERS.items() if peer.there}


def drawn(px: float, refusal: str = "") -> Trial:
    return Trial("rough", px, refusal, np.full(6, np.nan if refusal else 0.5), 0.01, 0.5, 1.0, {})


def test_bars_are_met_or_missed():
    def met(trials: list[Trial], refused: list[bool]) -> list[bool | None]:
        return [row.met for row in part._of_all(trials, refused) if row.met is not None]

    good = [drawn(0.1)] * 96 + [drawn(np.inf, "no")] * 4
    assert met(good, [True] * 99 + [False]) == [True, True, True]
    assert met([*good[1:], drawn(9.0)], [True] * 98 + [False] * 2) == [True, False, False]
    assert met(good[40:], [True])[0] is False


def test_an_unknown_part_is_refused():
    with pytest.raises(InputError, match="no part"):
        run_loop(LoopContext(Console()), ("sem",))
