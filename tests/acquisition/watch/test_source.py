"""A folder that fake software fills: what it saves comes, in order, whatever happens to its files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
import tifffile

from eclips4d.acquisition import open_source
from eclips4d.acquisition.accountant import FrameAccountant, Gap
from eclips4d.acquisition.conformance import check_source
from eclips4d.acquisition.image_file import read_segment
from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.acquisition.watch.beginning import is_whole
from eclips4d.acquisition.watch.fake import FakeExport, detector_toml, export_of, main
from eclips4d.core.errors import EclipsError, InputError, SourceError

FRAMES = 7


@pytest.fixture(scope="module")
def microscope() -> SimulatedMicroscope:
    return simulated_microscope("sim://copper-redox?size=16x24&fps=20&seed=4")


@pytest.fixture
def filled(tmp_path: Path, microscope: SimulatedMicroscope) -> Callable[[str], str]:
    """Save frames with faults; returns the address of a source that ends when all has been looked at."""

    def fill(faults: str = "", query: str = "") -> str:
        (tmp_path / "instrument.toml").write_text(detector_toml(microscope.instrument))
        export = export_of(microscope, tmp_path, faults)
        for sequence in range(FRAMES):
            export.save(sequence)
            for path in tmp_path.glob(f"*_{sequence + 1:05d}.tif"):
                os.utime(path, (1e9 + sequence, 1e9 + sequence))
        return f"watch://{tmp_path}?idle=0&settle=0&poll=0.01{query}"

    return fill


def taken(address: str) -> tuple[dict[int, np.ndarray], list[int], object]:
    """Frames by number, numbers of gaps, health."""
    accountant = FrameAccountant()
    with open_source(address) as source:
        items = [item for frame in source.frames() for item in accountant.take(frame)] + list(accountant.finish())
        health = source.health()
    frames = {item.header.frame_id: item.data for item in items if not isinstance(item, Gap)}
    return frames, [item.frame_id for item in items if isinstance(item, Gap)], health


@pytest.mark.parametrize(
    ("faults", "gaps", "damaged"),
    [
        ("", [], 0),
        ("missing@3", [4], 1),
        ("broken@2", [3], 1),
        ("never@2,never@3", [3, 4], 0),
        ("resized@4", [5], 1),
        ("slowly@2,late@4", [], 0),
    ],
)
def test_what_is_saved_comes(
    filled, microscope: SimulatedMicroscope, faults: str, gaps: list[int], damaged: int
) -> None:
    frames, missed, health = taken(filled(faults))
    assert missed == gaps and (health.lost, health.damaged) == (damaged, damaged)
    assert sorted(frames) == [number for number in range(1, FRAMES + 1) if number not in gaps]
    for number, data in frames.items():
        assert np.array_equal(data, microscope.frame(number - 1).data)


def test_the_headers_describe_the_instrument(filled, microscope: SimulatedMicroscope) -> None:
    with open_source(filled()) as source:
        frames = list(source.frames())
        info = source.info
    wanted = microscope.instrument
    assert [frame.header.start_s for frame in frames] == pytest.approx(range(FRAMES))
    assert frames[0].header.pixel_size_nm == pytest.approx(wanted.scan.pixel_size_xy_nm)
    assert frames[0].header.line_time_s == pytest.approx(wanted.scan.line_time_s)
    assert frames[0].header.side["high_voltage"] == pytest.approx(wanted.beam.energy_kev)
    assert any("as BSE_{segment}_{frame}.tif" in remark for remark in info.remarks)
    assert info.frames is None and info.can_wait and info.identity.endswith(str(Path(info.identity).name))


def test_conformance(filled) -> None:
    address = filled("missing@3")
    check_source(lambda: open_source(address))


def test_a_run_that_goes_on_takes_up_what_came(filled) -> None:
    with open_source(filled()) as source:
        assert [frame.header.sequence for frame in source.frames(start=4)] == [4, 5, 6]
        assert [frame.header.frame_id for frame in source.frames(start=4)] == [5, 6, 7]


def test_first_frame_by_number(filled) -> None:
    with open_source(filled(query="&first=0")) as source:
        assert next(source.frames()).header.sequence == 1


def test_frames_come_while_they_are_saved(tmp_path: Path, microscope: SimulatedMicroscope) -> None:
    (tmp_path / "instrument.toml").write_text(detector_toml(microscope.instrument))
    export, ended = export_of(microscope, tmp_path, "slowly@2"), Event()
    export.save(0)

    def save() -> None:
        for sequence in range(1, FRAMES):
            export.save(sequence)
            ended.wait(0.02)

    with open_source(f"watch://{tmp_path}?settle=0.02&poll=0.01&pattern=BSE_{{segment}}_{{frame}}.tif") as source:
        saving = Thread(target=save)
        saving.start()
        numbers = []
        for frame in source.frames():
            numbers.append(frame.header.frame_id)
            if len(numbers) == FRAMES:
                source.stop()
        saving.join()
    assert numbers == list(range(1, FRAMES + 1))
    assert source.health().state == "stopped"


def test_another_scan_ends_the_run(filled, tmp_path: Path) -> None:
    address = filled()
    for path in tmp_path.glob("*_00005.tif"):
        said = b"[EBeam]\nHV=3000\n[EScan]\nPixelWidth=1e-9\nPixelHeight=1e-9\n"
        tifffile.imwrite(path, tifffile.imread(path), extratags=[(34682, 1, len(said), said, True)], metadata=None)
    with open_source(address) as source, pytest.raises(SourceError, match=r"high_voltage goes from .* with frame 5"):
        list(source.frames())


def test_a_share_that_was_away_is_counted(filled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address, scandir = filled(), os.scandir
    with open_source(address.replace("idle=0", "idle=0.2")) as source:
        away = iter([True, True])

        def sometimes(path: Path):
            if next(away, False):
                raise OSError("host is down")
            return scandir(path)

        monkeypatch.setattr(os, "scandir", sometimes)
        assert len(list(source.frames())) == FRAMES
        assert source.health().reconnections == 1


def test_pages_of_one_file_per_frame(tmp_path: Path, microscope: SimulatedMicroscope) -> None:
    for sequence in range(3):
        data = microscope.frame(sequence).data
        tifffile.imwrite(tmp_path / f"f{sequence}.tif", data, photometric="minisblack", metadata=None)
    (tmp_path / "instrument.toml").write_text(microscope.instrument_toml)
    frames, gaps, _ = taken(f"watch://{tmp_path}?idle=0&settle=0&poll=0.01")
    assert sorted(frames) == [0, 1, 2] and gaps == []
    assert np.array_equal(frames[1], microscope.frame(1).data)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("?wait=0&poll=0.01", "no frame of 4 segments"),
        ("?polls=1", "polls"),
        ("?poll=0", "poll"),
        ("?pattern={segment}.tif", "frame"),
        ("?pattern=x.tif", "pattern"),
        ("/nowhere", "no such folder"),
        ("/instrument.toml", "not a folder"),
    ],
)
def test_bad_addresses(tmp_path: Path, microscope: SimulatedMicroscope, query: str, named: str) -> None:
    (tmp_path / "instrument.toml").write_text(microscope.instrument_toml)
    with pytest.raises(EclipsError, match=named) as caught:
        open_source(f"watch://{tmp_path}{query}")
    assert "\n" not in str(caught.value)


def test_without_instrument_file(tmp_path: Path) -> None:
    with pytest.raises(EclipsError, match="no instrument file"):
        open_source(f"watch://{tmp_path}")


def test_the_fake_from_a_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [
        "sim://flat?size=8&fps=100",
        str(tmp_path / "shots"),
        "--frames",
        "2",
        "--instrument",
        str(tmp_path / "d.toml"),
    ]
    assert main(asked) == 0
    assert capsys.readouterr().out == f"watch://{tmp_path}/shots\n"
    assert len(list((tmp_path / "shots").iterdir())) == 8
    assert main([*asked, "--faults", "fire@1"]) == 2
    assert "fire" in capsys.readouterr().err


@pytest.mark.slow
def test_ten_thousand_damaged_files(filled, tmp_path: Path) -> None:
    damaged_files(filled, tmp_path, 10_000)


def test_damaged_files(filled, tmp_path: Path) -> None:
    damaged_files(filled, tmp_path, 100)


def damaged_files(filled, tmp_path: Path, times: int) -> None:
    """Whatever stands in a file: not whole, or its pixels, or one line."""
    filled()
    victim = tmp_path / "BSE_B_00002.tif"
    content, random, seen = victim.read_bytes(), np.random.default_rng(9), set()
    for _ in range(times):
        spoilt = bytearray(content)
        for place in random.integers(0, len(content), 5):
            spoilt[place] = random.integers(0, 256)
        length = len(content) if random.random() < 0.7 else random.integers(1, len(content))
        victim.write_bytes(bytes(spoilt[:length]))
        seen.add(is_whole(victim))
        try:
            read_segment(victim)
        except InputError as error:
            assert "\n" not in str(error)
    assert seen == {True, False}


def test_unused_export_saves_nothing(tmp_path: Path, microscope: SimulatedMicroscope) -> None:
    FakeExport(tmp_path, microscope.frame, microscope.instrument, {0: "never"}).save(0)
    assert not list(tmp_path.iterdir())
