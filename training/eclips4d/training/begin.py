"""Begin a training with weights that were made before: layers of the same name and shape are taken over.

A slopes network that only corrected goes on as one that also says what to keep: its corrections are the first outputs,
and all octaves are kept, so it gives the slopes that it gave before.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from eclips4d.inference.networks.weights import ENDING, read_weights
from eclips4d.training.recipe import Recipe
from eclips4d.training.slopes.kept import CORRECTED, shares_of_all
from eclips4d.training.unet import UNet

_HALF: Final = ".half"
_NOTHING: Final = torch.empty(0)


def begun(network: nn.Module, recipe: Recipe, folder: Path | None) -> nn.Module:
    """The network, with what fits of the weights of the same name in a folder.

    Parameters
    ----------
    folder
        None: as it is.

    Raises
    ------
    InputError
        There are no such weights, or they are damaged.
    """
    if folder is None:
        return network
    kept, own = _arrays(folder / f"{recipe.network.name}{ENDING}", network), network.state_dict()
    if recipe.network.kind == "slopes" and kept.get("head.bias", _NOTHING).shape == (CORRECTED,):
        kept |= _with_shares(kept["head.weight"], kept["head.bias"])
    fitting = {name: array for name, array in kept.items() if name in own and own[name].shape == array.shape}
    network.load_state_dict(own | fitting)
    return network


def _with_shares(weight: Tensor, bias: Tensor) -> dict[str, Tensor]:
    """The head of a network that only corrected, with outputs that keep all."""
    shares = shares_of_all()
    blind = torch.zeros(len(shares), *weight.shape[1:])
    return {"head.weight": torch.cat([weight, blind]), "head.bias": torch.cat([bias, shares])}


def _arrays(file: Path, network: nn.Module) -> dict[str, Tensor]:
    """Of a file that `export` wrote, under the network's names."""
    graph = onnx.load_from_string(read_weights(file).onnx).graph
    found = {
        held.name.removesuffix(_HALF): torch.from_numpy(numpy_helper.to_array(held).copy()).float()
        for held in graph.initializer
    }
    if isinstance(network, UNet) and "stem.weight" in found:
        found["stem.weight"] = _unfolded(found["stem.weight"], network.unshuffle)
    return {name.replace("head.0.", "head."): array for name, array in found.items()}


def _unfolded(weight: Tensor, r: int) -> Tensor:
    """The stem behind a pixel unshuffle again; see `export.folded`."""
    outputs, inputs, side, _ = weight.shape
    blocks = weight.reshape(outputs, inputs, side // r, r, side // r, r).permute(0, 1, 3, 5, 2, 4)
    return blocks.reshape(outputs, inputs * r * r, side // r, side // r)
