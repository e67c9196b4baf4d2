"""How large numbers become inside a network: against torch, layer by layer."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from eclips4d.training.export import compressed, to_onnx
from eclips4d.training.integers import TOLD_APART, largest_inputs
from eclips4d.training.unet import UNet

INPUTS = 5


def test_what_goes_into_layers_below_the_finest_level() -> None:
    torch.manual_seed(2)
    net = UNet(INPUTS, 3, 8, depth=2, unshuffle=2).eval()
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.1)
    file = compressed(to_onnx(net, INPUTS))
    went_in: dict[str, float] = {}

    def watch(name: str) -> None:
        def hook(_: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
            highest = float(np.quantile(given[0].abs().numpy(), TOLD_APART))
            went_in[name] = max(went_in.get(name, 0.0), highest)

        net.get_submodule(name).register_forward_pre_hook(hook)

    layers = ["encode.1.first", "encode.1.second", "down.1", "encode.2.first", "encode.2.second", "up.1"]
    layers += ["decode.1.first", "decode.1.second", "up.0"]
    for layer in layers:
        watch(layer)
    seen = [np.random.default_rng(k).standard_normal((INPUTS, 32, 48)).astype(np.float32) for k in range(3)]
    with torch.inference_mode():
        for planes in seen:
            net(torch.from_numpy(planes)[None])
    found = largest_inputs(file, seen)
    assert set(found) >= {"down_0", "relu_2", "down_1"}
    np.testing.assert_allclose(sorted(found.values()), sorted(went_in.values()), rtol=6e-3)
