"""Trained networks as ONNX: any image size, few and documented operations, weights stored in half precision."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Final

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import nn

from eclips4d.core.errors import EclipsError
from eclips4d.inference.engines.openvino_engine import OpenVinoNetwork
from eclips4d.training.onnx_graph import onnx_graph
from eclips4d.training.slopes.kept import CORRECTED, shares_of_all
from eclips4d.training.unet import UNet

TRACED_PX: Final = (64, 96)
TOLERANCE: Final = 1e-2
"""Largest rms deviation of what is stored from what was trained, over the rms of the output."""
STORED_AS_HALF: Final = 64
"""Arrays of fewer numbers stay in single precision: they save nothing."""
_HALF_LIMIT: Final = 6.0e4


def to_onnx(network: nn.Module, inputs: int) -> bytes:
    """ONNX of a network from [1, inputs, y, x] to [1, outputs, y, x] or to blocks of pixels; y and x are free.

    Parameters
    ----------
    network
        On the CPU; see `onnx_graph` for what it may consist of.
    """
    with torch.inference_mode():
        _, outputs, rows, _ = network(torch.zeros(1, inputs, *TRACED_PX)).shape
    return _stored(onnx_graph(folded(network), inputs, outputs, block=TRACED_PX[0] // rows))


def folded(network: nn.Module) -> nn.Module:
    """The same function with the U-Net's pixel unshuffle inside its first convolution.

    A 3 × 3 kernel on blocks of r × r pixels is a 3r × 3r kernel with stride r on the pixels. Engines run it twice as
    fast as a transposition of six axes, which a pixel unshuffle is otherwise.
    """
    if not isinstance(network, UNet):
        return network
    copied, r, s = copy.deepcopy(network), network.unshuffle, network.shuffle
    weight = network.stem.weight.detach()
    outputs, blocks, k, _ = weight.shape
    stem = nn.Conv2d(blocks // r**2, outputs, k * r, stride=r, padding=k // 2 * r)
    # [out, in, block y, block x, ky, kx] → [out, in, ky·block y, kx·block x]
    pixels = weight.reshape(outputs, -1, r, r, k, k).permute(0, 1, 4, 2, 5, 3)
    stem.weight = nn.Parameter(pixels.reshape(stem.weight.shape).contiguous())
    stem.bias = copied.stem.bias
    copied.stem = stem
    copied.head = nn.Sequential(copied.head, *([nn.PixelShuffle(s)] if s > 1 else []))  # type: ignore[assignment]
    copied.unshuffle = copied.shuffle = 1
    return copied


def blinded(network: nn.Module, planes: Sequence[int]) -> nn.Module:
    """A copy of a U-Net that does not read some of its planes: as one that was shown zeros there."""
    if not isinstance(network, UNet):
        raise EclipsError("only a U-Net can be blinded")
    copied, area = copy.deepcopy(network), network.unshuffle**2
    with torch.no_grad():
        for plane in planes:
            copied.stem.weight[:, plane * area : (plane + 1) * area] = 0.0
    return copied


def keeping_all(network: nn.Module) -> nn.Module:
    """A copy of a slopes network that only corrects: whatever it sees, all octaves are kept."""
    if not isinstance(network, UNet) or network.head.bias is None:
        raise EclipsError("only a U-Net can be told to keep all")
    copied = copy.deepcopy(network)
    with torch.no_grad():
        copied.head.weight[CORRECTED:] = 0.0
        copied.head.bias[CORRECTED:] = shares_of_all()  # type: ignore[index]
    return copied


def compressed(onnx_file: bytes) -> bytes:
    """The same network with its large arrays stored in half precision, each followed by a Cast to single.

    Raises
    ------
    EclipsError
        A number is too large for half precision.
    """
    model = onnx.load_from_string(onnx_file)
    graph = model.graph
    casts: list[onnx.NodeProto] = []
    for held in graph.initializer:
        if held.data_type != onnx.TensorProto.FLOAT or np.prod(held.dims) < STORED_AS_HALF:
            continue
        values, name = numpy_helper.to_array(held), held.name
        if not (largest := float(np.abs(values).max())) < _HALF_LIMIT:
            raise EclipsError(f"{name} reaches {largest:.3g}, too large for half precision")
        held.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [held.name], [name], name=f"{name}.single", to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return _stored(model)


def fixed_size(onnx_file: bytes, rows: int, columns: int) -> bytes:
    """The same network for images of one size only, as some engines want it."""
    model = onnx.load_from_string(onnx_file)
    for dim, side in zip(model.graph.input[0].type.tensor_type.shape.dim[2:], (rows, columns), strict=True):
        dim.dim_value = side
    for dim in model.graph.output[0].type.tensor_type.shape.dim[2:]:
        dim.Clear()
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    model.graph.output[0].CopyFrom(inferred.graph.output[0])
    return _stored(model)


def deviation(network: nn.Module, onnx_file: bytes, inputs: int) -> float:
    """Rms difference between a network and its file, run by OpenVINO in single precision, over the output's rms.

    Two image sizes, neither the one that was traced.
    """
    stored = OpenVinoNetwork(onnx_file, "the exported network", precision="f32", threads=1)
    random = np.random.default_rng(0)
    worst = 0.0
    for shape in ((96, 64), (128, 160)):
        planes = random.standard_normal((inputs, *shape)).astype(np.float32)
        with torch.inference_mode():
            ours = network(torch.from_numpy(planes)[None])[0].numpy()
        off = np.sqrt(np.mean((stored(planes) - ours) ** 2) / max(float(np.mean(ours**2)), 1e-12))
        worst = float(np.maximum(worst, off))
    return worst


def checked_onnx(network: nn.Module, inputs: int) -> bytes:
    """What is shipped: exported, compressed, checked against the network it was made of.

    Raises
    ------
    EclipsError
        The file does not compute what the network does.
    """
    network = network.to("cpu").eval()
    stored = compressed(to_onnx(network, inputs))
    onnx.checker.check_model(onnx.load_from_string(stored), full_check=True)
    off = deviation(network, stored, inputs)
    if not off < TOLERANCE:
        raise EclipsError(f"the exported network is off by {off:.2g} of its output")
    return stored


def _stored(model: onnx.ModelProto) -> bytes:
    return bytes(model.SerializeToString(deterministic=True))
