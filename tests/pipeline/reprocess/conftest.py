"""Runs to make again: one by the live chain itself, whose model changes on the way, and one with everything odd."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
import tifffile
from made_networks import small_unet, write_network

from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.recording_writer import instrument_toml
from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.results import Status
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.cluster.pool import InProcess
from eclips4d.pipeline.config import PRODUCTS
from eclips4d.pipeline.journal import STAGES
from eclips4d.pipeline.reprocess.job import _workbench
from eclips4d.pipeline.reprocess.once import reprocess
from eclips4d.pipeline.reprocess.plan import Wish, plan
from eclips4d.storage.writer import StoreWriter

FRAMES, CHANGE = 7, 4
GAP, TWICE, LOST = 3, 5, 6


@pytest.fixture(autouse=True)
def no_model_is_kept() -> Iterator[None]:
    """A worker keeps its models for the next job; a test that plays one does not."""
    yield
    _workbench.cache_clear()


def simulated(size: int, frames: int) -> tuple[list[Frame], str]:
    microscope = simulated_microscope(f"sim://copper-redox?size={size}&fps=2.5&frames={frames}&seed=3")
    return [microscope.frame(k) for k in range(frames)], microscope.instrument_toml


@pytest.fixture(scope="session")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A live run whose frames from `CHANGE` on are inverted by another model: a small network."""
    folder = tmp_path_factory.mktemp("changed")
    network = write_network(folder, small_unet(scale=0.3), "made")
    frames, toml = simulated(96, FRAMES)
    recording, store = folder / "small.ome.tif", folder / "run.zarr"
    tifffile.imwrite(recording, np.stack([f.data for f in frames]), photometric="minisblack", metadata={"axes": "TCYX"})
    times = [frame.header.start_s for frame in frames]
    (folder / "small.toml").write_text(instrument_toml(parse_instrument(toml), times))
    with open_source(str(recording)) as source:
        attributes = {"engine": "openvino", "model": "analytic", "stack": 2, "models_from": [[CHANGE, str(network)]]}
        with StoreWriter.create(store, source.info, "a", keep=PRODUCTS, stages=STAGES, attributes=attributes):
            pass
    assert main(["run", str(recording), "--out", str(store), "--no-view"]) == 0
    return store


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recorded only: a frame that was lost, one that came twice, one whose pixels are gone; several in each file."""
    store = tmp_path_factory.mktemp("odd") / "run.zarr"
    frames, toml = simulated(64, 9)
    with open_source("sim://copper-redox?size=64&fps=2.5&frames=9&seed=3") as source:
        info = msgspec.structs.replace(source.info, can_wait=True, instrument_toml=toml)
    with StoreWriter.create(store, info, "odd", stages=STAGES, attributes={"engine": "none", "model": "analytic"}) as w:
        for sequence, frame in enumerate(frames):
            if sequence == GAP:
                w.write_gap(sequence, sequence, frame.header.start_s)
                continue
            pixels = np.zeros_like(frame.data) if sequence == LOST else frame.data
            w.write_frame(Frame(frame.header, pixels)).result()
            w.set_status(sequence, Status.QUARANTINED)
        w.set_status(TWICE, Status.DUPLICATE | Status.QUARANTINED)
        w.commit(committed=9, recorded=9)
        w.finish(9)
    return store


@pytest.fixture(scope="session")
def expected(odd: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That run made again without a disturbance; `test_once.py` holds it against the pure functions."""
    out = tmp_path_factory.mktemp("expected") / "new.zarr"
    reprocess(plan(Wish(run=odd, out=out)), InProcess(), lambda done, total: None)
    return out
