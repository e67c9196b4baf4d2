"""What only steep surfaces cost: shadows, and the judge who renders them, on a frame of the scene that rates are of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from eclips4d.acquisition.open import open_source
from eclips4d.core.instrument import parse_instrument
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.networks.model import network_model
from eclips4d.inference.networks.pair import load_pair

SCENE = "copper-redox"


def steep_calls(model: str, side: int, engine: str) -> dict[str, Callable[[], object]]:
    """Stages of a learned model by name, each on what the stages before it gave.

    Raises
    ------
    InputError
        There are no such weights.
    """
    with open_source(f"sim://flood?size={side}&fps=1000&frames=1") as source:
        frame, info = next(iter(source.frames())), source.info
    instrument = parse_instrument(info.instrument_toml)
    calibration = estimate_calibration(frame.data, instrument)
    whole = network_model(instrument, load_pair(model, engine))
    closed, found = whole.slopes(frame.data, calibration), whole.read(frame.data, calibration)
    surface = whole.surface(found, calibration)
    return {
        "shadows": partial(whole.shadows, closed, calibration),
        "rendering again": partial(whole.judge.rendering, surface.height, surface.slope, calibration),
        "judge": partial(whole.judge, surface, frame.data, calibration, found.closed),
        "whole model": partial(whole, frame.data, calibration),
    }
