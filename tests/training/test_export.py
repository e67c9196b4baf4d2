import io

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import nn

from eclips4d.core.errors import EclipsError
from eclips4d.training.export import (
    TOLERANCE,
    blinded,
    checked_onnx,
    compressed,
    deviation,
    fixed_size,
    folded,
    to_onnx,
)
from eclips4d.training.unet import UNet

INPUTS = 5


def small_unet(unshuffle: int = 2, seed: int = 0, blocks: bool = False) -> UNet:
    torch.manual_seed(seed)
    net = UNet(INPUTS, 3, 8, depth=2, unshuffle=unshuffle, blocks=blocks).eval()
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.15)
    return net


@pytest.fixture(scope="module")
def exported() -> tuple[UNet, bytes]:
    net = small_unet()
    return net, to_onnx(net, INPUTS)


@pytest.mark.parametrize(("unshuffle", "blocks"), [(1, False), (2, False), (4, False), (4, True)])
def test_folding_changes_nothing(unshuffle: int, blocks: bool) -> None:
    net = small_unet(unshuffle, blocks=blocks).double()
    planes = torch.randn(2, INPUTS, 48, 32, dtype=torch.float64)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with torch.no_grad():
        torch.testing.assert_close(folded(net)(planes), net(planes))
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert not any(isinstance(layer, nn.PixelUnshuffle) for layer in folded(net).modules())


def test_few_operations_and_any_size(exported: tuple[UNet, bytes]) -> None:
    model = onnx.load_from_string(exported[1])
    onnx.checker.check_model(model, full_check=True)
    assert {node.op_type for node in model.graph.node} == {"Conv", "ConvTranspose", "Relu", "Add", "DepthToSpace"}
    assert [opset.version for opset in model.opset_import] == [18]
    sides = [[d.dim_param for d in port.type.tensor_type.shape.dim[2:]] for port in model.graph.output]
    assert sides == [["y", "x"]]


def test_the_file_computes_what_the_network_does(exported: tuple[UNet, bytes]) -> None:
    net, file = exported
    assert deviation(net, file, INPUTS) < 1e-5
    assert deviation(small_unet(seed=1), file, INPUTS) > 0.1


def test_half_precision_halves_the_file_and_keeps_the_function(exported: tuple[UNet, bytes]) -> None:
    net, file = exported
    small = compressed(file)
    assert len(small) < 0.62 * len(file)
    off = deviation(net, small, INPUTS)
    assert 1e-7 < off < 2e-3 < TOLERANCE
    kept = {i.name: numpy_helper.to_array(i) for i in onnx.load_from_string(small).graph.initializer}
    # Half precision, rounded once: relative error of at most 2^-11 where the numbers are normal.
    for name, values in ((i.name, numpy_helper.to_array(i)) for i in onnx.load_from_string(file).graph.initializer):
        if f"{name}.half" in kept:
            error = np.abs(kept[f"{name}.half"].astype(np.float32) - values)
            assert (error <= np.maximum(2.0**-11 * np.abs(values), 2.0**-25)).all()
        else:
            assert np.array_equal(kept[name], values)


def test_numbers_beyond_half_precision_are_refused() -> None:
    net = small_unet()
    with torch.no_grad():
        net.encode[0].first.weight[0, 0, 0, 0] = 7e4
    with pytest.raises(EclipsError, match="too large"):
        compressed(to_onnx(net, INPUTS))


def test_the_same_network_gives_the_same_file(exported: tuple[UNet, bytes]) -> None:
    assert to_onnx(small_unet(), INPUTS) == exported[1]


def test_a_fixed_size_is_the_only_one(exported: tuple[UNet, bytes]) -> None:
    model = onnx.load_from_string(fixed_size(exported[1], 64, 32))
    onnx.checker.check_model(model, full_check=True)
    ports = (*model.graph.input, *model.graph.output)
    assert [[d.dim_value for d in p.type.tensor_type.shape.dim] for p in ports] == [[1, INPUTS, 64, 32], [1, 3, 64, 32]]


def test_blocks_of_pixels_are_told_by_the_size_of_the_output() -> None:
    net = small_unet(4, blocks=True)
    file = to_onnx(net, INPUTS)
    sides = [d.dim_param for d in onnx.load_from_string(file).graph.output[0].type.tensor_type.shape.dim[2:]]
    assert sides == ["y/4", "x/4"]
    assert deviation(net, file, INPUTS) < 1e-5
    shape = onnx.load_from_string(fixed_size(file, 64, 32)).graph.output[0].type.tensor_type.shape
    assert [d.dim_value for d in shape.dim] == [1, 3, 16, 8]


@pytest.mark.parametrize("unshuffle", [1, 2])
def test_a_blinded_network_does_not_read_a_plane(unshuffle: int) -> None:
    net, planes = small_unet(unshuffle), torch.randn(1, INPUTS, 16, 16)
    shown = planes.clone()
    shown[:, 1] = shown[:, 4] = 0.0
    with torch.no_grad():
        torch.testing.assert_close(blinded(net, [1, 4])(planes), net(shown))
        assert not torch.allclose(net(planes), net(shown))


def test_what_is_not_the_network_is_not_shipped(monkeypatch: pytest.MonkeyPatch, exported: tuple[UNet, bytes]) -> None:
    net, file = exported
    assert checked_onnx(net, INPUTS) == compressed(file)
    monkeypatch.setattr("eclips4d.training.export.to_onnx", lambda *_: file)
    with pytest.raises(EclipsError, match="off by"):
        checked_onnx(small_unet(seed=2), INPUTS)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Sigmoid(),
        nn.Conv2d(2, 2, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(2, 2, 3, padding="same"),
        nn.Upsample(scale_factor=2),
    ],
)
def test_what_we_have_no_operation_for_is_refused(layer: nn.Module) -> None:
    with pytest.raises(EclipsError, match="counterpart"):
        to_onnx(nn.Sequential(nn.Conv2d(2, 2, 1), layer), 2)


class Doubled(nn.Module):
    def __init__(self, scaled: bool) -> None:
        super().__init__()
        self.scaled = scaled
        self.end = nn.Conv2d(4, 3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.end(torch.cat([x, x + x if not self.scaled else 2 * x], 1))


def test_functions_between_layers() -> None:
    net = Doubled(scaled=False)
    assert deviation(net, to_onnx(net, 2), 2) < 1e-5
    with pytest.raises(EclipsError, match="counterpart"):
        to_onnx(Doubled(scaled=True), 2)


def test_other_networks_are_exported_as_they_are() -> None:
    net = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 1)).eval()
    model = onnx.load(io.BytesIO(checked_onnx(net, 2)))
    assert {node.op_type for node in model.graph.node} <= {"Conv", "Relu", "Cast"}
