"""The adapter over a device that is not there."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from eclips4d.acquisition.conformance import CHECKS
from eclips4d.acquisition.device_conformance import DEVICE_CHECKS, NEEDS
from eclips4d.acquisition.fakes import INSTRUMENT_TOML
from eclips4d.acquisition.nidaq.daq import Limits
from eclips4d.acquisition.nidaq.fake import main
from eclips4d.acquisition.nidaq.mock import MockDaq
from eclips4d.acquisition.open import open_source
from eclips4d.core.errors import EclipsError, InputError
from eclips4d.core.instrument import parse_instrument

WORDS = {"damage": "nonsense", "break": "overflow"}


@pytest.mark.parametrize("check", CHECKS)
def test_it_keeps_the_contract(check: str, device: MockDaq, open_on) -> None:
    CHECKS[check](lambda: open_on(device))


@pytest.mark.parametrize("check", [name for name in DEVICE_CHECKS if NEEDS.get(name, "damage") in WORDS])
def test_it_keeps_the_contract_when_things_go_wrong(check: str, device: MockDaq, open_on) -> None:
    DEVICE_CHECKS[check](lambda: open_on(device), lambda: device.provoke(WORDS[NEEDS[check]]))


def test_frames_are_what_is_under_the_beam(device: MockDaq, open_on, images: np.ndarray) -> None:
    with open_on(device, frames=4) as source:
        frames = list(source.frames())
        assert source.health().lost == 0 and source.health().state == "ended"
    assert [frame.header.sequence for frame in frames] == [0, 1, 2, 3]
    for frame, image in zip(frames, images, strict=True):
        assert np.array_equal(frame.data, image)


def test_times_are_counted_from_samples(device: MockDaq, open_on) -> None:
    with open_on(device, frames=4) as source:
        headers = [frame.header for frame in source.frames()]
    frame_s = 13 * 29 * 20e-6
    assert np.diff([header.start_s for header in headers]) == pytest.approx(np.full(3, frame_s))
    assert headers[0].end_s - headers[0].start_s == pytest.approx(12 * 29 * 20e-6)
    assert source.info.frames_per_second == pytest.approx(1 / frame_s)


def test_a_damaged_frame_is_a_hole_and_nothing_else(device: MockDaq, open_on) -> None:
    device.faults = {2: "nonsense"}
    with open_on(device, frames=5) as source:
        assert [frame.header.sequence for frame in source.frames()] == [0, 2, 3, 4]
        assert (source.health().lost, source.health().damaged, source.health().reconnections) == (1, 1, 0)


@pytest.mark.parametrize("word", ["overflow", "short"])
def test_after_a_break_frames_are_whole_and_numbered_by_the_clock(
    device: MockDaq, open_on, images: np.ndarray, word: str
) -> None:
    device.faults = {2: word}
    with open_on(device) as source, closing(source.frames()) as taken:
        frames = list(islice(taken, 6))
        assert source.health().reconnections == 1
    numbers = [frame.header.sequence for frame in frames]
    assert device.starts == 2 and numbers == sorted(set(numbers)) and numbers[-1] > 5
    assert all(any(np.array_equal(frame.data, image) for image in images) for frame in frames)


def test_side_values(device: MockDaq, open_on) -> None:
    with open_on(device, frames=1) as source:
        (frame,) = source.frames()
        assert source.info.side_units == {f"dark_{name}": "adu" for name in "ABCD"} | {"clipped": "%"}
        assert not any("no blanker" in remark for remark in source.info.remarks)
    assert frame.header.side["dark_C"] == pytest.approx(9.75 / 20 * 65535) and frame.header.side["clipped"] == 0.0
    with open_on(device, frames=1, blank="") as source:
        (frame,) = source.frames()
        assert set(frame.header.side) == {"clipped"}
        assert any("no blanker" in remark for remark in source.info.remarks)


def test_the_description_says_how_it_is_scanned(device: MockDaq, open_on) -> None:
    with open_on(device) as source:
        said = parse_instrument(source.info.instrument_toml)
    assert said.beam.dwell_us == 20.0 and said.scan.line_time_s == pytest.approx(29 * 20e-6)
    assert any("one converter" in remark for remark in source.info.remarks)


class Slow(MockDaq):
    def limits(self, inputs: int) -> Limits:
        return Limits("Slow", 1e6 / inputs, 1e5, simultaneous=True)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"dwell_us": 10.0, "samples": 4}, "samples=2"),
        ({"dwell_us": 8.0, "samples": 1}, "pixels/s"),
        ({"inputs": (0, 1, 2)}, "3 inputs"),
    ],
)
def test_rates_that_the_device_does_not_reach(open_on, asked: dict, named: str) -> None:
    with pytest.raises(InputError, match=named):
        open_on(Slow(lambda k: np.zeros((4, 12, 20), np.uint16)), **asked)


def test_from_the_fakes_address_to_frames(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "fake.toml"
    assert main(["sim://copper-redox?size=16x8&fps=20", "--instrument", str(file)]) == 0
    address = capsys.readouterr().out.strip()
    with open_source(f"{address}&frames=2", instrument=file) as source:
        frames = list(source.frames())
    assert [frame.data.shape for frame in frames] == [(4, 8, 16)] * 2
    assert source.info.frames_per_second == pytest.approx(20, rel=0.01)


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("nidaq://fake", "scene"),
        ("nidaq://fake?scene=sim%3A%2F%2Fcopper-redox%3Fsize%3D8", "shape"),
        ("nidaq://Dev1?scene=sim%3A%2F%2Fflat", "scene is for"),
        ("nidaq://?width=8", "no device"),
        ("nidaq://Dev1?speed=8", "speed"),
    ],
)
def test_bad_addresses(tmp_path: Path, address: str, named: str) -> None:
    file = tmp_path / "i.toml"
    file.write_text(INSTRUMENT_TOML)
    with pytest.raises(EclipsError, match=named) as caught:
        open_source(address, instrument=file)
    assert "\n" not in str(caught.value)
