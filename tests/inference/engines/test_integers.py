"""Layers in int8: what they round, and that nothing else changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_networks import Graph, small_unet
from scipy.signal import correlate

from eclips4d.inference.engines import openvino_engine
from eclips4d.inference.engines.choose import load_network
from eclips4d.inference.engines.integers import adds_products
from eclips4d.inference.engines.openvino_engine import OpenVinoNetwork
from eclips4d.inference.networks.pair import load_pair
from eclips4d.inference.networks.weights import read_weights

CPUINFO = {
    "flags : avx512f avx512_bf16 avx512_vnni": True,
    "flags : avx512_vnni amx_bf16 amx_int8": False,
    "flags : avx2": False,
    "Features : asimd bf16": False,
}


def planes(count: int, shape: tuple[int, int] = (32, 48), seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, *shape)).astype(np.float32)


@pytest.mark.parametrize("flags", CPUINFO)
def test_the_instructions_decide(tmp_path: Path, flags: str) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text(f"processor : 0\n{flags}\n", encoding="ascii")
    assert adds_products(told) is CPUINFO[flags]
    assert not adds_products(tmp_path / "nothing")


def convolved(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Plainly, in double precision; zeros beyond the edge."""
    rows = [sum(correlate(plane, kernel, mode="same") for plane, kernel in zip(x, of, strict=True)) for of in weights]
    return np.array(rows)


@pytest.mark.parametrize("below", [False, True])
def test_numbers_and_weights_are_rounded_in_even_steps(monkeypatch: pytest.MonkeyPatch, below: bool) -> None:
    """Against sums of whole numbers; of what may be below zero a step is twice as wide."""
    monkeypatch.setattr(openvino_engine, "processor_precision", lambda: "f32")
    g, largest = Graph(4, 8), 2.5
    own = np.random.default_rng(5)
    weights = own.standard_normal((8, 4, 3, 3)).astype(np.float32)
    source = g.add("Add" if below else "Relu", "x", *([g.constant([[[0.25]]], np.float32)] if below else []))
    kernel = g.constant(weights, np.float32)
    x = planes(4)
    file = g.file(g.add("Conv", source, kernel, pads=[1, 1, 1, 1]))
    before = x + np.float32(0.25) if below else np.maximum(x, 0.0)
    steps = 127 if below else 255
    whole = np.clip(np.rint(before.astype(np.float64) * steps / largest), -128 if below else 0, steps)
    most = np.abs(weights).max(axis=(1, 2, 3), keepdims=True).astype(np.float64)
    expected = convolved(whole * largest / steps, np.rint(weights * 127 / most) * most / 127)
    network = OpenVinoNetwork(file, "made", precision="int8", largest={source: largest})
    exact = load_network(file, "openvino", precision="f32")
    assert network.precision == "int8"
    off = np.abs(network(x) - expected)
    # A number or a weight half way between two steps may go either way.
    assert np.quantile(off, 0.99) < 1e-4
    assert off.max() < 4 * largest / steps
    assert np.abs(exact(x) - expected).mean() > 1e-3


def test_layers_of_which_nothing_is_told_stay_as_they_are() -> None:
    file, x = small_unet(5, 3), planes(5)
    plain = load_network(file, "openvino")(x).copy()
    for told in ({}, {"no such layer": 1.0}):
        network = OpenVinoNetwork(file, "made", precision="int8", largest=told)
        np.testing.assert_array_equal(network(x), plain)


@pytest.mark.parametrize(("told", "there", "precision"), [(True, True, "int8"), (True, False, ""), (False, True, "")])
def test_int8_where_it_is_told_and_there(
    monkeypatch: pytest.MonkeyPatch, told: bool, there: bool, precision: str
) -> None:
    monkeypatch.setattr(openvino_engine, "adds_products", lambda: there)
    network = OpenVinoNetwork(small_unet(5, 3), "made", largest={"relu": 3.0} if told else {})
    assert network.precision == (precision or openvino_engine.processor_precision())


def test_the_shipped_network_in_int8_gives_nearly_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random planes are rougher than any frame; how far slopes and heights change stands in the decision record."""
    monkeypatch.setattr(openvino_engine, "adds_products", lambda: True)
    weights = read_weights("slopes-live")
    assert weights.card.integers
    assert load_pair("live", "openvino").engine == "openvino int8"
    x = planes(weights.card.inputs, (64, 64))
    exact = load_network(weights.onnx, "openvino", precision="f32")(x).copy()
    for threads in (1, 2):
        short = load_network(weights.onnx, "openvino", largest=weights.card.integers, threads=threads)
        off = float(np.sqrt(np.mean((short(x) - exact) ** 2) / np.mean(exact**2)))
        assert 0.0 < off < 0.05, off
