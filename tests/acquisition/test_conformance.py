"""Every source that ships keeps the contract, and the suite notices sources that do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
import tifffile

from eclips4d.acquisition import open_source
from eclips4d.acquisition.conformance import CHECKS, ConformanceError, check_source
from eclips4d.acquisition.fakes import FakeSource, FaultPlan
from eclips4d.acquisition.source import Source
from eclips4d.core.frame import Frame
from eclips4d.storage.writer import StoreWriter


@pytest.fixture
def segment_folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(1)
    for name in "ABC":
        tifffile.imwrite(tmp_path / f"{name}.tif", random.integers(0, 999, (16, 20), dtype=np.uint16))
    (tmp_path / "instrument.toml").write_text(
        "[beam]\nenergy_kev = 7\n[scan]\npixel_size_nm = 65\nrows = 12\n"
        "[detector]\nworking_distance_mm = 5\nazimuths_deg = [210, 90, 330]\n"
    )
    return tmp_path


@pytest.fixture
def store(recording: Path, tmp_path: Path) -> Path:
    path = tmp_path / "run.zarr"
    with open_source(str(recording)) as source, StoreWriter.create(path, source.info, "r") as writer:
        for frame in source.frames():
            writer.write_frame(frame).result()
        writer.commit(committed=0, recorded=4)
    return path


@pytest.fixture(
    params=["recording", "recording 40x", "folder", "store", "sim", "flood", "fake", "fake realtime", "fake with gaps"]
)
def make_source(request: pytest.FixtureRequest):
    kind = request.param
    if kind.startswith("recording"):
        path = str(request.getfixturevalue("recording"))
        return lambda: open_source(path, speed="40x" if "x" in kind else "max")
    if kind == "folder":
        folder = str(request.getfixturevalue("segment_folder"))
        return lambda: open_source(folder)
    if kind == "store":
        store = str(request.getfixturevalue("store"))
        return lambda: open_source(store)
    if kind in ("sim", "flood"):
        address = f"sim://{kind.replace('sim', 'copper-redox')}?size=16&fps=100&frames=9"
        return lambda: open_source(address)
    plan = FaultPlan(lost=frozenset({2, 3})) if "gaps" in kind else FaultPlan()
    return lambda: FakeSource(8, plan=plan, realtime="realtime" in kind)


@pytest.mark.parametrize("check", CHECKS)
def test_source_keeps_the_contract(make_source, check: str) -> None:
    CHECKS[check](make_source)


def test_check_source_runs_all_checks() -> None:
    check_source(lambda: FakeSource(5))


class _Broken(FakeSource):
    def frame(self, sequence: int) -> Frame:
        return spoil(self, super().frame(sequence), sequence)


def spoil(source: FakeSource, frame: Frame, sequence: int) -> Frame:
    """Break one promise, the one the test put on the source."""
    change = source.fault
    if change == "writeable":
        return Frame(frame.header, frame.data.copy())
    if change == "unit":
        return Frame(msgspec.structs.replace(frame.header, side={"voltage": 1.0}), frame.data)
    if change == "time":
        return Frame(msgspec.structs.replace(frame.header, start_s=0.0, end_s=0.0), frame.data)
    if change == "instrument":
        return Frame(msgspec.structs.replace(frame.header, instrument="0" * 16), frame.data)
    return Frame(frame.header, np.random.default_rng().integers(0, 9, frame.data.shape, dtype=np.uint16))


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("writeable", "pixels_are_safe"),
        ("unit", "headers_fit_info"),
        ("time", "order_is_kept"),
        ("instrument", "headers_fit_info"),
        ("random", "opens_alike"),
    ],
)
def test_broken_frames_are_noticed(fault: str, check: str) -> None:
    def make() -> Source:
        source = _Broken(5)
        source.fault = fault
        return source

    with pytest.raises(ConformanceError):
        CHECKS[check](make)


@pytest.mark.parametrize(
    ("method", "check"), [("start", "start_skips"), ("stop", "stops_promptly"), ("info", "info_is_complete")]
)
def test_broken_sources_are_noticed(method: str, check: str) -> None:
    class Broken(FakeSource):
        def frames(self, start: int = 0) -> Iterator[Frame]:
            return super().frames(0 if method == "start" else start)

        def stop(self) -> None:
            if method != "stop":
                super().stop()

    def make() -> Source:
        source = Broken(5)
        if method == "info":
            source.info = msgspec.structs.replace(source.info, identity="")
        return source

    with pytest.raises(ConformanceError):
        CHECKS[check](make)
