"""Parts `refine` and `cycle` of the bench of the closed loop: ratios are ratios, the way round loses nothing."""

import numpy as np
import pytest
from made_frames import bumpy_slopes, make_calibration, make_instrument
from rich.console import Console

from eclips4d.inference.closed_form import closed_form_slopes
from eclips4d.inference.integrate import integrate
from eclips4d.pipeline.bench.loop.context import LoopContext
from eclips4d.pipeline.bench.loop.cycle import part as cycle
from eclips4d.pipeline.bench.loop.refine import part as refine
from eclips4d.pipeline.bench.loop.refine.trials import Trial, steep_frame


def drawn(ratio: float, live: float = 0.04) -> Trial:
    errors = {"live": live, "best": 0.9 * live}
    return Trial(errors, ratio * live, 1.1 * live, {"live": 1.05 * ratio * live}, 0.1, 0.05, (7.0, 2.0), 3.0)


def test_errors_are_over_those_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    ratios = {"pyramids": 0.5, "indents": 0.6, "islands": 0.9}
    asked = []

    def trial(scene: str, seed: int, models: tuple[str, ...]) -> Trial:
        asked.append(seed)
        return drawn(ratios[scene], live=0.01 * (1 + seed % 3))

    monkeypatch.setattr(refine, "trial", trial)
    rows = refine.rows(LoopContext(Console(quiet=True), seeds=3))
    found = {
        row.what.split(":")[0]: row for row in rows if "material stated" in row.what and "no material" not in row.what
    }
    for scene, ratio in ratios.items():
        assert found[scene].value == pytest.approx(ratio)
        assert found[scene].met is (ratio <= refine.OVER_NETWORK)
    assert found["all"].value == pytest.approx(np.prod(list(ratios.values())) ** (1 / 3))
    over_best = next(row for row in rows if row.what.startswith("islands: the same over best"))
    assert over_best.value == pytest.approx(1.0) and over_best.met is None
    assert min(asked) >= refine.FIRST_SEED, "not the frames on which prior and steps were chosen"


def test_frames_that_are_judged_are_steep_and_shade_each_other() -> None:
    seen = steep_frame("indents", refine.FIRST_SEED)
    tilt = np.degrees(np.arctan(np.hypot(*seen.slope)))
    assert np.mean((tilt > 44.0) & (tilt < 56.0)) > 0.4
    assert seen.occluded.mean() > 0.005


def test_the_way_round_of_a_gentle_surface_loses_nothing() -> None:
    instrument = make_instrument()
    calibration = make_calibration(instrument, gain=(1.02, 0.97, 1.01, 1.0), offset=(90.0, 110.0, 100.0, 95.0))
    pixel = instrument.scan.pixel_size_xy_nm
    height = integrate(bumpy_slopes().astype(np.float32), pixel)
    like = np.full((4, *height.shape), 20000, np.uint16)
    again = integrate(
        closed_form_slopes(instrument)(cycle.rendered(height, like, instrument, calibration), calibration).slope, pixel
    )
    inner = np.s_[4:-4, 4:-4]
    left = (again - height)[inner] - np.mean((again - height)[inner])
    assert np.std(left) < 0.02 * np.std(height[inner])


def test_without_recordings_there_are_no_rows() -> None:
    assert cycle.rows(LoopContext(Console(quiet=True))) == []
