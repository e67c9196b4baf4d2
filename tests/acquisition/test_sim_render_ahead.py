"""Rendering before the clock starts: when it is done, that frames stay the same, that what is kept can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from eclips4d.acquisition import open_source, render_ahead
from eclips4d.acquisition import simulated as simulated_module
from eclips4d.acquisition.frame_file import FrameFile, record_bytes
from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.core.errors import DiskFullError, InputError, StoreError

AHEAD = "sim://copper-redox?size=16&fps=200&seed=5&render=ahead"
SHAPE = (4, 3, 5)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "eclips4d" / "simulated"


def pixels(address: str) -> list[bytes]:
    with open_source(address) as source:
        return [frame.data.tobytes() for frame in source.frames()]


def test_frames_are_the_same_live_and_ahead() -> None:
    seen: list[tuple[int, int]] = []
    assert render_ahead.render_ahead(f"{AHEAD}&frames=5", lambda done, total: seen.append((done, total)))
    assert seen == [(0, 5), (1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    live = f"{AHEAD}&frames=5".replace("ahead", "live")
    assert pixels(f"{AHEAD}&frames=5") == pixels(live)
    with open_source(f"{AHEAD}&frames=5") as one, open_source(live) as other:
        for a, b in zip(one.frames(), other.frames(), strict=True):
            assert a.header == b.header and not a.data.flags.writeable


def test_a_frame_that_is_there_is_not_rendered_again(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    address = f"{AHEAD}&frames=4"
    render_ahead.render_ahead(address)
    wanted = pixels(address)
    (path,) = cache.glob("*.frames")
    file = FrameFile(path, (4, 16, 16), 4)
    file._records[2, 100] ^= 1
    assert file.read(1) is not None and file.read(2) is None
    made: list[int] = []
    microscope = simulated_module.SimulatedMicroscope
    frame = microscope.frame
    monkeypatch.setattr(microscope, "frame", lambda self, k, run_id="": made.append(k) or frame(self, k, run_id))
    assert pixels(address) == wanted and made == [2]
    render_ahead.render_ahead(address)
    assert made == [2, 2] and file.there(4) == 4
    render_ahead.render_ahead(f"{AHEAD}&frames=6")
    assert made == [2, 2, 4, 5]


def test_what_decides_a_frame_decides_the_file(cache: Path) -> None:
    paths = {
        key: render_ahead.frames_path(simulated_microscope(f"{AHEAD}&frames=4{key}"))
        for key in ("", "&faults=lost:0.1", "&dose=3", "&drift_px=1", "&calibrated=false")
    }
    assert paths[""] == paths["&faults=lost:0.1"]
    assert len(set(paths.values())) == 4


def test_a_height_map_that_changes_is_another_simulation(tmp_path: Path) -> None:
    address, paths = f"sim://afm?size=16&path={tmp_path / 'map.npz'}", set()
    for seed in (1, 2):
        np.savez(tmp_path / "map.npz", height_nm=np.random.default_rng(seed).normal(size=(20, 20)), pixel_size_nm=4.0)
        paths.add(render_ahead.frames_path(simulated_microscope(address)))
    assert len(paths) == 2


@pytest.mark.parametrize(
    ("wall_s", "processor_s", "ahead"), [(0.001, 0.001, False), (10.0, 0.001, True), (0.001, 1e4, True)]
)
def test_what_is_quick_enough_is_rendered_live(
    wall_s: float, processor_s: float, ahead: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render_ahead, "cost_of", lambda simulation: render_ahead.Cost(wall_s, processor_s))
    address = "sim://copper-redox?size=16&fps=20&frames=2"
    assert render_ahead.render_ahead(address) is ahead
    assert render_ahead.render_ahead(address.replace("frames=2", "frames=2&render=live")) is False


def test_the_second_frame_tells_when_the_first_was_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    wall, processor = iter([0.0, 5.0, 7.0, 7.2]), iter([0.0, 1.0, 2.0, 2.1])
    monkeypatch.setattr(render_ahead.time, "perf_counter", lambda: next(wall))
    monkeypatch.setattr(render_ahead.time, "process_time", lambda: next(processor))
    simulation = simulated_microscope("sim://copper-redox?size=16&fps=2")
    assert render_ahead.cost_of(simulation) == pytest.approx((0.2, 0.1))


def test_others_need_processors_too() -> None:
    assert render_ahead.Cost(0.3, 0.55).fits(0.5, 2)
    assert not render_ahead.Cost(0.3, 0.65).fits(0.5, 2)
    assert not render_ahead.Cost(0.4, 0.1).fits(0.5, 2)


@pytest.mark.parametrize("render", ["ahead", "auto"])
def test_a_run_without_end_has_to_keep_its_time(render: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_ahead, "cost_of", lambda simulation: render_ahead.Cost(3.0, 3.0))
    with pytest.raises(InputError, match="without end"):
        render_ahead.render_ahead(f"sim://copper-redox?size=16&render={render}")
    assert render_ahead.render_ahead("sim://flood?size=16") is False


def test_no_more_than_fits(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    address = f"{AHEAD}&frames=3"
    monkeypatch.setattr(render_ahead, "MOST_BYTES", 2 * record_bytes((4, 16, 16)))
    with pytest.raises(InputError, match="GB"):
        render_ahead.render_ahead(address)
    monkeypatch.setattr(render_ahead, "MOST_BYTES", 4 * record_bytes((4, 16, 16)))
    render_ahead.render_ahead(address)
    render_ahead.render_ahead(address.replace("seed=5", "seed=6"))
    assert len(list(cache.glob("*.frames"))) == 1, "the older file makes room"
    monkeypatch.setattr(render_ahead, "KEEP_FREE_BYTES", 1 << 60)
    with pytest.raises(DiskFullError):
        render_ahead.render_ahead(address)


def test_a_frame_file_gives_back_what_was_put_in(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    frames = [random.integers(0, 65536, SHAPE, dtype=np.uint16) for _ in range(3)]
    file = FrameFile(tmp_path / "f", SHAPE, 2)
    assert file.read(0) is None and file.read(5) is None and file.there(2) == 0
    file.write(1, frames[1])
    longer = FrameFile(tmp_path / "f", SHAPE, 3)
    assert np.array_equal(longer.read(1), frames[1]) and longer.there(3) == 1
    longer.write(2, np.zeros(SHAPE, np.uint16))
    assert np.array_equal(longer.read(2), np.zeros(SHAPE))
    longer._records[0] = longer._records[1]
    assert longer.read(0) is None, "a frame in another's place is not taken for it"
    assert len(FrameFile(tmp_path / "f", SHAPE, 1)) == 3, "files never get shorter"
    with pytest.raises(StoreError):
        FrameFile(tmp_path / "no" / "f", SHAPE, 1)
