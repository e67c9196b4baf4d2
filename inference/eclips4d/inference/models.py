"""Models by name: what turns a frame into a surface."""

from __future__ import annotations

from typing import Protocol

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.core.results import Surface
from eclips4d.inference.analytic import analytic_model

MODELS = ("analytic",)
ENGINES = ("auto", "openvino", "tensorrt", "torch")


class Model(Protocol):
    """A pure function of frame and calibration; `fingerprint` names it and everything its numbers depend on."""

    @property
    def fingerprint(self) -> str:
        """Stamped on every frame it inverted."""
        ...

    def __call__(self, data: RawArray, calibration: Calibration) -> Surface:
        """Invert one frame, `data[segment, y, x]`."""
        ...


def load_model(name: str, instrument: Instrument, engine: str = "auto") -> Model:
    """The model of that name, ready for frames of `instrument`.

    Parameters
    ----------
    name
        `analytic`; it runs on any engine.
    engine
        auto, openvino, tensorrt or torch.

    Raises
    ------
    InputError
        There is no such model or engine.
    """
    if engine not in ENGINES:
        raise InputError(f"no engine {engine!r}", cure=f"choose one of {', '.join(ENGINES)}")
    if name not in MODELS:
        raise InputError(f"no model {name!r}", cure=f"choose one of {', '.join(MODELS)}")
    return analytic_model(instrument)
