"""Heights of whole models: what an integrator wins on slopes as measured must not be lost behind a slopes network."""

from dataclasses import replace

import numpy as np
import pytest

from eclips4d.pipeline.bench.networks.heights import coverage
from eclips4d.pipeline.bench.networks.heights.models import judged
from eclips4d.pipeline.bench.networks.heights.rendering import rendered
from eclips4d.pipeline.bench.networks.judge.exposing import MARGIN_PX, exposed
from eclips4d.pipeline.bench.networks.judge.surfaces import surface_of

SIZE, ELECTRONS, SEED = 192, 10_000.0, 102


@pytest.fixture(scope="module")
def frame():
    setting = coverage.SETTING
    field_nm = (SIZE + 2 * MARGIN_PX) * setting.pixel_nm
    seen = rendered(surface_of("sharp-steps", field_nm, setting.pixel_nm, SEED), setting, SIZE)
    told, calibration = coverage.calibrated(ELECTRONS)
    raw = exposed(seen.electrons, ELECTRONS, setting, np.random.default_rng(SEED))
    return seen.height, raw, told, calibration


def off_nm(model, raw, calibration, truth):
    return float(np.std(model.surface(model.read(raw, calibration), calibration).height - truth))


def test_sharp_steps_come_out_as_near_as_by_plain_least_squares_of_the_same_slopes(frame):
    truth, raw, told, calibration = frame
    for name in ("live", "best"):
        model = judged(name, told).model
        plain = model.integrator.plain(model.read(raw, calibration).slope)
        assert off_nm(model, raw, calibration, truth) < 1.1 * np.std(plain - truth), name


def test_walls_are_not_sought_twice(frame):
    truth, raw, told, calibration = frame
    model = judged("live", told).model
    assert not model.integrator.walls
    twice = replace(model, integrator=replace(model.integrator, walls=True))
    assert off_nm(model, raw, calibration, truth) < off_nm(twice, raw, calibration, truth)
