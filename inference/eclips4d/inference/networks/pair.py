"""The two networks of a model, slopes and integrator: read, checked and put on an engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from eclips4d.core.errors import InputError
from eclips4d.inference.engines.choose import choose_engine, load_network
from eclips4d.inference.engines.network import Network, Precision
from eclips4d.inference.integrator import features as integrator_features
from eclips4d.inference.networks import features, heads
from eclips4d.inference.networks.card import Card
from eclips4d.inference.networks.weights import ENDING, Weights, check_fit, read_weights

SIZES: Final = ("live", "best")
"""Networks that come with eclips4d."""


@dataclass(frozen=True, slots=True)
class NetworkPair:
    """Ready to run; holds for every instrument.

    Attributes
    ----------
    slopes : Network
    integrator : Network or None
        None: plain least squares, weighted by the slopes' sd.
    slopes_card : Card
    integrator_card : Card or None
    fingerprint : str
        Of the weights and of what computes them.
    """

    slopes: Network
    integrator: Network | None
    slopes_card: Card
    integrator_card: Card | None
    fingerprint: str

    @property
    def engine(self) -> str:
        """What computes it and in which precision: `openvino bf16`."""
        return f"{self.slopes.engine} {self.slopes.precision}"


def load_pair(name: str, engine: str = "auto", threads: int | None = None) -> NetworkPair:
    """The networks of a model.

    Parameters
    ----------
    name
        `live`, `best`, or the path of an ONNX file of a slopes network with its card beside it; the card names the
        integrator, `live`, `best` or a file beside it.
    engine, threads
        As `load_network`.

    Raises
    ------
    InputError
        Weights that are missing, damaged or for something else, or an engine that cannot be used.
    """
    engine = choose_engine(engine)
    slopes, integrator = read_pair(name)
    networks = [_ready(weights, engine, threads) for weights in (slopes, integrator) if weights is not None]
    told = [slopes.fingerprint, "least-squares" if integrator is None else integrator.fingerprint]
    told += [engine, *(network.precision for network in networks)]
    return NetworkPair(
        slopes=networks[0],
        integrator=networks[1] if integrator is not None else None,
        slopes_card=slopes.card,
        integrator_card=None if integrator is None else integrator.card,
        fingerprint="-".join(told),
    )


def read_pair(name: str) -> tuple[Weights, Weights | None]:
    """Both networks of a model as they are kept, read and checked; parameters and errors as `load_pair`."""
    slopes = read_weights(f"slopes-{name}" if name in SIZES else _file(name))
    check_fit(slopes, kind="slopes", features=features.VERSION, inputs=len(features.PLANES), outputs=heads.OUTPUTS)
    return slopes, _integrator(slopes)


def _file(name: str) -> Path:
    path = Path(name)
    if path.suffix != ENDING:
        raise InputError(f"no model {name!r}", cure="choose analytic, live, best, or give the path of an ONNX file")
    return path


def _integrator(slopes: Weights) -> Weights | None:
    """What the card of the slopes network asks for."""
    name = slopes.card.integrator
    if name is None:
        return None
    weights = read_weights(f"integrator-{name}" if name in SIZES else Path(slopes.where).parent / name)
    check_fit(weights, kind="integrator", features=integrator_features.VERSION)
    return weights


def _ready(weights: Weights, engine: str, threads: int | None) -> Network:
    card = weights.card
    precision: Precision | None = "f32" if card.precision == "f32" else None
    options: dict[str, Any] = {"precision": precision, "threads": threads, "largest": card.integers}
    network = load_network(weights.onnx, engine, where=weights.where, **options)
    if network.channels != (card.inputs, card.outputs):
        raise InputError(
            f"takes {network.channels[0]} planes and gives {network.channels[1]}, "
            f"its card says {card.inputs} and {card.outputs}",
            where=weights.where,
        )
    return network
