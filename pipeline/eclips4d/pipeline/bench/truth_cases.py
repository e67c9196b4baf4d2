"""Recordings with truth, ready to be scored: read from a folder, or made by the built-in microscope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.acquisition.truth import Truth, read_truth, truth_path
from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import Instrument, parse_instrument
from eclips4d.inference.calibrate import estimate_calibration

BUILT_IN = "sim://copper-redox?size=256&frames=4&seed=3&supersample=2"
"""Sub-pixels, because slopes between pixel centres alone are half a per cent gentler than pixel means."""


@dataclass(frozen=True, slots=True)
class Case:
    """Frames, the instrument as its file describes it, the truth, and the recording they are from, if any."""

    name: str
    instrument: Instrument
    frames: tuple[Frame, ...]
    truth: Truth
    recording: Path | None = None

    @property
    def pixel_nm(self) -> float:
        """Pixel size of the truth."""
        return float(self.truth.pixel_size_nm)


def recorded_cases(folder: Path) -> Iterator[Case]:
    """Every `*.ome.tif` with truth beside it, by name."""
    for path in sorted(folder.glob("*.ome.tif")):
        if truth_path(path).exists():
            with open_source(str(path)) as source:
                instrument = parse_instrument(source.info.instrument_toml, str(path))
                truth = read_truth(truth_path(path))
                yield Case(path.name.removesuffix(".ome.tif"), instrument, tuple(source.frames()), truth, path)


def built_in_case(address: str = BUILT_IN) -> Case:
    """A few frames of the simulated microscope, with its truth."""
    simulation = simulated_microscope(address)
    with open_source(address) as source:
        frames = tuple(simulation.frame(i) for i in range(source.info.frames or 4))
    return Case("built-in simulation", simulation.instrument, frames, simulation.truth(len(frames)))


def calibration_with_truth(case: Case) -> Calibration:
    """Gains and dark levels as they were; the noise measured, as always."""
    detector = case.instrument.detector.model_copy(
        update={"gain": tuple(map(float, case.truth.gain)), "offset_adu": tuple(map(float, case.truth.offset_adu))}
    )
    known = case.instrument.model_copy(update={"detector": detector})
    return estimate_calibration(case.frames[0].data, known)
