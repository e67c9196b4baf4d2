"""Whoever inverts a frame, however slowly, whoever dies over it, and whether or not its rows are looked at meanwhile:
the same frames in the same order, bit for bit. The yardstick is the pure functions, one after the other.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from threaded_chain import Fate, ThreadedChain, arrays_of, configured, deaths_soon_noticed

from eclips4d.acquisition.open import open_source
from eclips4d.core.instrument import parse_instrument
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.pipeline.ledger import MAX_DEATHS
from eclips4d.registration.placing import Placer
from eclips4d.registration.registrar import Registrar
from eclips4d.storage.rounding import stored_planes
from eclips4d.storage.scanning import scanning_path

FRAMES, SIZE = 6, 48
SOURCE = f"sim://copper-redox?size={SIZE}&fps={{fps}}&frames={FRAMES}&seed=3&render=live"
PLANES = ("height", "slope", "residual", "trust")


@pytest.fixture(scope="module")
def expected() -> dict[str, np.ndarray]:
    """What the pure functions make of the frames."""
    with open_source(SOURCE.format(fps=50)) as source:
        frames = list(source.frames())
        instrument = parse_instrument(source.info.instrument_toml)
    calibration = estimate_calibration(frames[0].data, instrument)
    model = load_model("analytic", instrument)
    placer = Placer(Registrar.start(frames[0].header, frames[0].data, calibration))
    placed = [p for f in frames for p in placer.take(f.header, f.data, model(f.data, calibration))]
    placed += placer.no_more() if placer.waiting is not None else ()
    planes = [stored_planes(p.registered.surface, PLANES) for p in placed]
    found: dict[str, np.ndarray] = {name: np.stack([plane[name] for plane in planes]) for name in PLANES}
    return found | {"raw": np.stack([f.data for f in frames]), "frame_id": np.arange(FRAMES)}


def check(store: Path, expected: dict[str, np.ndarray]) -> None:
    found = arrays_of(store)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
    assert (found["status"] & 1).all()


fates = st.builds(
    Fate,
    dawdles_s=st.lists(st.sampled_from([0.0, 0.002, 0.02, 0.06]), max_size=4).map(tuple),
    frames=st.integers(1, 3),
    before_it_hands_in=st.booleans(),
)


runs = given(
    workers=st.integers(1, 3),
    # A frame that MAX_DEATHS workers die over is quarantined, and rightly: so fewer die.
    lives=st.dictionaries(st.integers(0, 2), st.lists(fates, max_size=1).map(tuple), max_size=MAX_DEATHS - 1),
    strips=st.sampled_from([0, 0, 6]),
)


def check_run(expected: dict[str, np.ndarray], workers: int, lives: dict[int, tuple[Fate, ...]], strips: int) -> None:
    with tempfile.TemporaryDirectory(prefix="e4d") as folder, deaths_soon_noticed():
        config = configured(Path(folder), SOURCE.format(fps=50), workers=workers, strips=strips)
        ThreadedChain(config, lives).run()
        check(config.out, expected)


@runs
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_results_are_those_of_the_pure_functions_whoever_made_them(expected: dict[str, np.ndarray], **run: Any) -> None:
    check_run(expected, **run)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@runs
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_many_results_are_those_of_the_pure_functions(expected: dict[str, np.ndarray], **run: Any) -> None:
    check_run(expected, **run)


def test_a_run_that_was_looked_at_while_it_was_scanned_is_the_same_run(tmp_path: Path) -> None:
    stores = []
    for strips in (0, 6):
        folder = tmp_path / str(strips)
        folder.mkdir()
        config = configured(folder, SOURCE.format(fps=2), strips=strips)
        chain = ThreadedChain(config)
        chain.run()
        assert chain.hub is not None and chain.hub.active is not None
        made = chain.hub.active.strips.metrics.made
        assert (made > 0) == (strips > 0), "previews were made"
        assert not scanning_path(config.out).exists()
        stores.append(arrays_of(config.out))
    for name, values in stores[0].items():
        np.testing.assert_array_equal(values, stores[1][name], err_msg=name)
