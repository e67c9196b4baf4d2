"""After the warm-up a stage compiles nothing more, whatever the segments and sizes of the frames that come."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from made_frames import make_instrument
from numba.core.dispatcher import Dispatcher

from eclips4d.acquisition.open import open_source
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.results import Surface
from eclips4d.core.settings import load_toml
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.pipeline.config import Endpoints, RunConfig, to_toml
from eclips4d.pipeline.model_shelf import ModelShelf
from eclips4d.pipeline.plan_run import expecting, make_config
from eclips4d.pipeline.warm_up import frame, warm_up_inference, warm_up_registration, warm_worker
from eclips4d.registration.registrar import Registrar


def compiled() -> set[tuple[str, object]]:
    """Every signature of every kernel of the two stages that has been compiled or loaded."""
    return {(name, signature) for name, kernel in kernels() for signature in kernel.signatures}


def kernels() -> Iterator[tuple[str, Dispatcher]]:
    parts = ("eclips4d.inference", "eclips4d.registration", "eclips4d.physics.dsm")
    for module in [m for name, m in sys.modules.items() if name.startswith(parts)]:
        for name, value in vars(module).items():
            if isinstance(value, Dispatcher):
                yield f"{module.__name__}.{name}", value


@pytest.mark.parametrize("segments", [3, 4])
def test_nothing_is_left_to_compile(tmp_path: Path, segments: int) -> None:
    ends = Endpoints(hub="ipc://h", surfaces="ipc://s", notices="ipc://n")
    config = RunConfig(run_id="r", source="s", out=tmp_path, spill_dir=tmp_path, endpoints=ends)
    warm_up_inference(config)
    warm_up_registration(config)
    warm = compiled()
    assert warm
    with open_source(f"sim://copper-redox?size=220&fps=100&frames=3&segments={segments}") as source:
        frames = list(source.frames())
        instrument = parse_instrument(source.info.instrument_toml)
    calibration = estimate_calibration(frames[0].data, instrument)
    model = load_model("analytic", instrument)
    registrar = Registrar.start(frames[0].header, frames[0].data, calibration)
    for taken in frames:
        planes = model(taken.data, calibration).planes()
        for plane in planes.values():
            plane.flags.writeable = False
        registrar.register(taken.header, taken.data, Surface(**planes))
    assert compiled() == warm


def test_the_made_up_frames_move() -> None:
    first, second = frame("uint16", 0.0), frame("uint16", 0.8)
    assert first.dtype == np.uint16
    assert not first.flags.writeable
    assert not np.array_equal(first, second)


def test_the_model_that_was_tried_is_the_one_that_works(tmp_path: Path) -> None:
    with open_source("sim://copper-redox?size=48&frames=1&segments=3") as source:
        info = source.info
    config = make_config(info.address, tmp_path / "run.zarr", tmp_path, log_dir=None, **expecting(info, tmp_path))
    (tmp_path / "run.toml").write_text(to_toml(config), encoding="utf-8")
    warm = warm_worker(load_toml(RunConfig, tmp_path / "run.toml"))
    with closing(ModelShelf(config, parse_instrument(info.instrument_toml), warm)) as shelf:
        assert shelf.of("analytic") is warm.model
    with closing(ModelShelf(config, make_instrument(), warm)) as shelf:
        assert shelf.of("analytic").fingerprint == load_model("analytic", make_instrument()).fingerprint


@pytest.mark.parametrize("detector", [{"gain": (3.0, 4.0, 3.0, 4.0), "offset_adu": (900.0,) * 4}, {"gap_mm": 0.3}])
def test_any_instrument_has_a_frame_to_be_tried_on(detector: dict[str, object]) -> None:
    instrument = make_instrument(**detector)
    raw = frame("uint16", 0.0, instrument=instrument)
    calibration = estimate_calibration(raw, instrument)
    assert np.isfinite(load_model("analytic", instrument)(raw, calibration).height).all()
