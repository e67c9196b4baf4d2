"""The weights that come with eclips4d: small, documented, belonging together, and within the bar where it is dark."""

import numpy as np
import onnx
import pytest
from shading_walls import instrument, trenches

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.inference.vft.weights import SHIPPED, load_attention, vision_field_simulator
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.physics.emission.choose import emission_law
from eclips4d.physics.vft.gradient import vision_field_gradient

# As in tests/inference/networks/test_shipped_weights.py.
DOCUMENTED = {"Add", "Cast", "Clip", "Concat", "Conv", "Div", "Exp", "Mul", "Relu", "Slice"}


def test_they_are_small_and_of_documented_operations():
    assert SHIPPED.stat().st_size < 20_000
    model = onnx.load_from_string(SHIPPED.read_bytes())
    onnx.checker.check_model(model, full_check=True)
    assert {node.op_type for node in model.graph.node} <= DOCUMENTED
    assert [(held.domain, held.version) for held in model.opset_import] == [("", 17)]
    halves = [held for held in model.graph.initializer if held.name.endswith(".half")]
    assert halves and all(held.data_type == onnx.TensorProto.FLOAT16 for held in halves)


@pytest.mark.parametrize(
    ("detector", "law"),
    [
        ({}, None),
        ({"outer_radius_mm": 9.0, "azimuths_deg": (10, 130, 250), "offset_mm": (0.3, -0.2)}, "Si"),
        ({"inner_radius_mm": 4.0, "outer_radius_mm": 12.0, "azimuths_deg": (0, 60, 120, 180, 240, 300)}, "Au"),
    ],
    ids=["4 quadrants", "3 segments", "6 segments"],
)
@pytest.mark.parametrize("relief", [(60.0, 8.0, 32.0), (200.0, 16.0, 110.0)])
def test_within_three_percent_where_occluded_for_any_detector(detector, law, relief):
    """Over occluded pixels and segments alone; without surroundings the images are far off there."""
    inst, shape = instrument(**detector), (112, 128)
    emission, height = emission_law(law, 10.0) if law else None, trenches(shape, *relief)
    exact, alone = (
        exact_simulator(inst, shape, law=emission, occlusion=occlusion)(height) for occlusion in (True, False)
    )
    image = vision_field_simulator(inst, shape, law=emission)(height)
    flat = float(exact_simulator(inst, shape, law=emission)(np.zeros(shape)).mean())
    shaded = np.abs(exact - alone) > 1e-3 * flat
    assert shaded.mean() > 0.02
    off, without = (float(np.sqrt(np.mean((of - exact)[shaded] ** 2))) / flat for of in (image, alone))
    assert off < 0.03 and off < 0.25 * without


def test_gradient_pixel_by_pixel():
    """Between the differences to either side, which disagree where another crest takes over."""
    random = np.random.default_rng(4)
    height = trenches((48, 56), 60.0, 5.0, 28.0) + 2.0 * random.standard_normal((48, 56))
    render = vision_field_simulator(instrument(), height.shape, threads=1)
    weight = random.standard_normal((4, *height.shape))
    found, base = vision_field_gradient(render, height, 1.0, weight).height, render(height).astype(np.float64)
    room = 0.02 * np.abs(found).max()
    matters, size, agree = np.argwhere(np.abs(found) > 2.5 * room), 0.01, []
    for place in matters[random.permutation(len(matters))[:24]]:
        change = np.zeros(height.shape)
        change[tuple(place)] = size
        sides = [float(((render(height + s * change) - base) * weight).sum()) / (s * size) for s in (1.0, -1.0)]
        agree.append(min(sides) - room <= found[tuple(place)] <= max(sides) + room)
    assert len(agree) == 24 and np.mean(agree) >= 0.95


def test_other_files_are_refused(tmp_path):
    with pytest.raises(MissingInputError, match="no such weights"):
        load_attention(tmp_path / "none.onnx")
    for name in ("vft.onnx", "vft.toml"):
        (tmp_path / name).write_bytes((SHIPPED.parent / name).read_bytes())
    card = tmp_path / "vft.toml"
    card.write_text(card.read_text(encoding="utf-8").replace("vft-1", "vft-0"), encoding="utf-8")
    with pytest.raises(InputError, match="features"):
        load_attention(tmp_path / "vft.onnx")
