"""The network that is adapted: the run's own, or the one that is asked for, without what was adapted before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eclips4d.core.errors import InputError
from eclips4d.inference.models import ANALYTIC, load_networks
from eclips4d.inference.networks.model import NetworkModel, network_model
from eclips4d.pipeline.adaptation.stored import StoredFrame
from eclips4d.pipeline.model_snapshot import where_it_lies

INSTEAD = "live"
"""Of the analytic model, which has no file that could be adapted."""


def base_of(run: Path, frames: Sequence[StoredFrame], asked: str | None, engine: str) -> tuple[str, NetworkModel]:
    """Its name, as of `load_model`, and the network, ready for the run's instrument.

    Parameters
    ----------
    asked
        None for the run's own.

    Raises
    ------
    InputError
        There is no such model or engine, or it has no network.
    """
    own = where_it_lies(frames[-1].model.name, run)
    name = asked or (INSTEAD if own == ANALYTIC else own)
    networks = load_networks(name, engine)
    if networks is None:
        raise InputError(f"the model {name!r} has no network to adapt", cure="give --model live, best, or an ONNX file")
    return name, network_model(frames[-1].instrument, networks)
