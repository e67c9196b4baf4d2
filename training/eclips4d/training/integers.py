"""Which layers of a slopes network may compute in int8, and how large what goes into them becomes.

Those below the finest level: an error there is spread over pixels, while the finest level says where every pixel is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray

from eclips4d.inference.engines.network import Blocks, Network
from eclips4d.inference.engines.openvino_engine import import_openvino
from eclips4d.inference.networks.card import card_text
from eclips4d.inference.networks.model import network_model
from eclips4d.inference.networks.pair import load_pair
from eclips4d.inference.networks.weights import read_weights
from eclips4d.storage.durable import disk_errors, replace_file
from eclips4d.training.coverage.held_out import HeldOut

F32 = NDArray[np.float32]

BELOW_THE_FINEST: Final = re.compile(r"(encode|decode|down)_[1-9]\d*(_\w+)?|up_\d+")
"""Layers by name."""
TOLD_APART: Final = 0.9999
"""Share of the numbers that go into a layer; what is larger counts as the largest of them."""


def tell_integers(path: Path, frames: Sequence[HeldOut]) -> dict[str, float]:
    """Write into a slopes network's card what layers in int8 need; returns it.

    Parameters
    ----------
    path
        Of its ONNX file; the card beside it is replaced.
    frames
        From `coverage.held_out`.

    Raises
    ------
    InputError, StoreError
        Weights that cannot be used, a card that cannot be written.
    """
    weights, pair = read_weights(path), load_pair(str(path), "openvino")
    watched = _Watched(pair.slopes)
    shown = replace(pair, slopes=watched)
    for frame in frames:
        model = network_model(frame.instrument, shown)
        for seen in (*frame.for_slopes, *frame.for_heights):
            model.read(seen.raw, seen.calibration)
    found = largest_inputs(weights.onnx, watched.seen)
    card = weights.card.model_copy(update={"integers": found})
    file = path.with_suffix(".toml")
    with disk_errors(file):
        replace_file(file, card_text(card).encode(), file.with_suffix(".part"))
    return found


def largest_inputs(onnx_file: bytes, seen: Iterable[F32]) -> dict[str, float]:
    """The largest number but for few that goes into each layer below the finest level, by the name of what gives it.

    Parameters
    ----------
    seen
        Planes [C, Y, X].
    """
    nodes = onnx.load_from_string(onnx_file).graph.node
    layers = [node for node in nodes if node.op_type in ("Conv", "ConvTranspose")]
    sources = list(dict.fromkeys(node.input[0] for node in layers if BELOW_THE_FINEST.fullmatch(node.output[0])))
    if not sources:
        return {}
    ov = import_openvino()
    model = ov.Core().read_model(onnx_file)
    model.add_outputs(sources)
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    highest: list[list[float]] = []
    for planes in seen:
        answer = compiled(planes[None])
        highest.append([float(np.quantile(np.abs(answer[name]), TOLD_APART)) for name in sources])
    found = dict(zip(sources, np.max(highest, axis=0).tolist(), strict=True))
    return {name: float(f"{value:.3g}") for name, value in found.items() if value > 0.0}


@dataclass(frozen=True)
class _Watched:
    """A `Network` that keeps the planes it is shown; see there."""

    watched: Network
    seen: list[F32] = field(default_factory=list)

    @property
    def engine(self) -> str:
        return self.watched.engine

    @property
    def precision(self) -> Any:
        return self.watched.precision

    @property
    def channels(self) -> tuple[int, int]:
        return self.watched.channels

    def blocks(self, shape: tuple[int, int]) -> Blocks | None:
        """None: it wants to see planes."""
        return None

    def __call__(self, planes: F32 | Blocks) -> F32:
        if not isinstance(planes, Blocks):
            self.seen.append(planes.copy())
        return self.watched(planes)
