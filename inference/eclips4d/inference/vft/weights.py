"""Reads the weights of a vision field transformer, and puts its simulator together."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.inference.engines.openvino_engine import constants_of
from eclips4d.inference.networks.weights import check_fit, read_weights
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.vft.attention import Attention
from eclips4d.physics.vft.simulator import VisionFieldSimulator
from eclips4d.physics.vft.simulator import vision_field_simulator as of_attention

SHIPPED: Final = Path(__file__).parent / "vft.onnx"
VERSION: Final = "vft-1"
"""Of what goes in: rings, their order, and what they are divided by."""


@cache
def load_attention(path: Path = SHIPPED) -> Attention:
    """Weights from an ONNX file with its card beside it.

    Raises
    ------
    MissingInputError, InputError
        File or card are not there, do not belong together, or are of another network.
    """
    weights = read_weights(path)
    check_fit(weights, kind="vft", features=VERSION)
    held = constants_of(weights.onnx, weights.where)
    try:
        arrays = {name: np.squeeze(held[name]) for name in Attention._fields}
    except KeyError as error:
        raise InputError(f"has no weights {error}", where=weights.where, cure="take weights of the kind vft") from error
    return Attention(**{name: np.ascontiguousarray(array, dtype=np.float32) for name, array in arrays.items()})


def vision_field_simulator(
    instrument: Instrument,
    shape: tuple[int, int],
    *,
    law: EmissionLaw | None = None,
    threads: int | None = None,
    weights: Path = SHIPPED,
) -> VisionFieldSimulator:
    """The simulator of an instrument and a law with trained weights; `physics.vft.gradient` has its gradient.

    Parameters
    ----------
    law
        Emission law; Lambert's when absent.
    threads
        As many as the process has processors when absent.
    weights
        An ONNX file with its card; those that come with eclips4d when absent.
    """
    return of_attention(instrument, shape, load_attention(weights), law=law, threads=threads)
