"""Frames with results, as a run stores them: of the simulated microscope with its noise, or of a recording."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from eclips4d.acquisition.open import open_source
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.results import Registered
from eclips4d.core.source import SourceInfo
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.registration.registrar import Registrar


@dataclass(frozen=True, slots=True)
class Made:
    """The first frames of a source, and what the classical inversion makes of them."""

    source: SourceInfo
    frames: list[Frame]
    results: list[Registered]


def simulated(size: int, frames: int, seed: int = 0) -> Made:
    """Copper in the simulated microscope, 4 segments of `size` × `size` pixels."""
    return made(f"sim://copper-redox?size={size}&fps=2&frames={frames}&seed={seed}", frames)


def made(address: str, frames: int = 1) -> Made:
    """The first `frames` frames of a source, inverted and registered."""
    with open_source(address) as source:
        found = list(islice(source.frames(), frames))
        info = source.info
    instrument = parse_instrument(info.instrument_toml)
    calibration = estimate_calibration(found[0].data, instrument)
    model = load_model("analytic", instrument)
    registrar = Registrar.start(found[0].header, found[0].data, calibration)
    results = [registrar.register(frame.header, frame.data, model(frame.data, calibration)) for frame in found]
    return Made(info, found, results)
