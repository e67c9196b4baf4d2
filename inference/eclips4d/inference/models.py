"""Models by name or file: what turns a frame into a surface."""

from __future__ import annotations

from typing import Protocol

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.core.results import Surface
from eclips4d.inference.analytic import analytic_model
from eclips4d.inference.engines.choose import ENGINES
from eclips4d.inference.finetune.model import finetuned
from eclips4d.inference.networks.model import network_model
from eclips4d.inference.networks.pair import SIZES, NetworkPair, load_pair

ANALYTIC = "analytic"
MODELS = (ANALYTIC, *SIZES)
"""By name; others are files."""


class Model(Protocol):
    """A pure function of frame and calibration; `fingerprint` names it and everything its numbers depend on."""

    @property
    def fingerprint(self) -> str:
        """Stamped on every frame it inverted."""
        ...

    @property
    def engine(self) -> str:
        """What computes its networks and in which precision, such as `openvino bf16`; `none` without networks."""
        ...

    @property
    def pixels_alike(self) -> float:
        """How many pixels share one slope error, over those that share one value of the frame's noise."""
        ...

    def __call__(self, data: RawArray, calibration: Calibration) -> Surface:
        """Invert one frame, `data[segment, y, x]`."""
        ...


def load_model(name: str, instrument: Instrument, engine: str = "auto", networks: NetworkPair | None = None) -> Model:
    """The model of that name, ready for frames of `instrument`.

    Parameters
    ----------
    name
        `analytic`, which runs on any engine; `live` or `best`; or the path of an ONNX file with its card beside it.
    engine
        auto, openvino, tensorrt or torch.
    networks
        Of this model, where they are loaded already: they hold for every instrument.

    Raises
    ------
    InputError
        There is no such model or engine, or the model's weights cannot be used.
    """
    networks = networks or load_networks(name, engine)
    return analytic_model(instrument) if networks is None else finetuned(network_model(instrument, networks))


def needs_engine(name: str) -> bool:
    """Whether the model has networks."""
    return name != ANALYTIC


def load_networks(name: str, engine: str = "auto", threads: int | None = None) -> NetworkPair | None:
    """The networks of a model; None for the analytic one. Parameters and errors as `load_model`.

    Parameters
    ----------
    threads
        Most that they may use; None for as many as there are cores.
    """
    if engine not in ENGINES:
        raise InputError(f"no engine {engine!r}", cure=f"choose one of {', '.join(ENGINES)}")
    return load_pair(name, engine, threads) if needs_engine(name) else None
