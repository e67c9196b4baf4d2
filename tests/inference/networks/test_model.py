"""The learned model's wiring: with networks whose answer is known, its surface is known."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_frames import clean_frame, make_calibration, make_instrument
from made_networks import OUTPUTS, PLANES, Graph, keeping_all, silent_network, small_unet, write_network
from scipy.ndimage import maximum_filter

from eclips4d.core.errors import InputError
from eclips4d.core.results import Surface
from eclips4d.inference.integrate import integrate
from eclips4d.inference.integrator import features as integrator_features
from eclips4d.inference.integrator.heads import Layout
from eclips4d.inference.models import Model, load_model
from eclips4d.inference.networks.consistent import consistent
from eclips4d.inference.networks.heads import FOLD, GROWTH
from eclips4d.inference.networks.surroundings import NUMBERS, VERSION

INSTRUMENT = make_instrument()
PIXEL = INSTRUMENT.scan.pixel_size_xy_nm
THREE = make_instrument(azimuths_deg=(90, 210, 330))


def noisy_frame(
    instrument: Any = INSTRUMENT, shape: tuple[int, int] = (60, 90), seed: int = 0, yield_power: float = 0.0
) -> np.ndarray:
    """A gentle surface that is symmetric in nothing, under counting noise; steep facets emit more by Arnal's law."""
    y, x = np.mgrid[: shape[0], : shape[1]] / 15.0
    wave = np.sin(x + 0.4 * y)
    p, q = 0.3 * wave, 0.12 * wave + 0.25 * np.cos(0.7 * y)
    usual = (0.5 + 0.5 / np.sqrt(1.0 + p**2 + q**2)) ** -yield_power
    mean = clean_frame(instrument, np.stack([p, q]), dose=2000.0) * usual
    return np.random.default_rng(seed).poisson(mean).astype(np.uint16)


def invert(model: Model, frame: np.ndarray, instrument: Any = INSTRUMENT) -> Surface:
    return model(frame, make_calibration(instrument))


def made_model(folder: Path, file: bytes, instrument: Any = INSTRUMENT, **changes: Any) -> Model:
    return load_model(str(write_network(folder, file, **({"precision": "f32"} | changes))), instrument)


@pytest.mark.parametrize("instrument", [INSTRUMENT, THREE], ids=["four segments", "three"])
def test_a_network_that_says_nothing_leaves_the_closed_form(tmp_path: Path, instrument: Any) -> None:
    frame = noisy_frame(instrument, yield_power=1.7)  # as judges expect: trust is not about brightness here
    found = invert(made_model(tmp_path, silent_network(), instrument), frame, instrument)
    classical = invert(load_model("analytic", instrument), frame, instrument)
    of_a_surface = consistent(classical.slope, classical.slope_sd, integrate(classical.slope, PIXEL), PIXEL)
    np.testing.assert_allclose(found.slope, of_a_surface, atol=5e-6)
    # Slopes without curl fit the segments less closely than those that were fitted to them.
    assert np.isfinite(found.residual).all() == np.isfinite(classical.residual).all() == (len(frame) > 3)
    if len(frame) > 3:
        assert 1.0 < np.median(found.residual) / np.median(classical.residual) < 2.0
    np.testing.assert_allclose(found.slope_sd, classical.slope_sd, rtol=1e-5)
    np.testing.assert_allclose(found.height, classical.height, atol=0.02 * classical.height.std())
    np.testing.assert_allclose(found.height_sd, classical.height_sd, rtol=0.02)
    assert np.quantile(np.abs(found.trust.astype(int) - classical.trust), 0.99) <= 1


def test_the_outputs_correct_what_they_are_named_for(tmp_path: Path) -> None:
    frame = noisy_frame()
    silent = invert(made_model(tmp_path, silent_network()), frame)
    unit = float(np.median(invert(load_model("analytic", INSTRUMENT), frame).slope_sd[::4, ::4]))
    told = invert(made_model(tmp_path, silent_network(x=2.0, y=-1.0, v=-1.0)), frame)
    right, down = told.slope - silent.slope
    # What has curl is taken out of either as far as its own sd allows, so single pixels differ.
    assert np.median(right) == pytest.approx(unit * 2.0 * (1 + GROWTH * 2.0), rel=0.02)
    assert np.median(down) == pytest.approx(-unit * (1 + GROWTH), rel=0.02)
    np.testing.assert_allclose(told.slope_sd, silent.slope_sd * np.exp(-1.0), rtol=1e-4)
    rise = (told.height - silent.height)[:, -1] - (told.height - silent.height)[:, 0]
    np.testing.assert_allclose(rise / (4.0 * 89), unit * 2.0 * (1 + GROWTH * 2.0), rtol=0.02)


def test_a_table_of_surroundings_changes_only_what_is_stated(tmp_path: Path) -> None:
    frame = noisy_frame()
    plain = invert(made_model(tmp_path, silent_network()), frame)
    numbers = len(NUMBERS)
    half = {
        "version": VERSION,
        "centre": [0.0] * numbers,
        "spread": [1.0] * numbers,
        "weight": [[0.0] * (numbers + 1)],
        "share": [0.0, float(np.log(0.5))],
    }
    asked = invert(made_model(tmp_path, silent_network(), surroundings=half), frame)
    np.testing.assert_allclose(asked.slope_sd, 0.5 * plain.slope_sd, rtol=1e-5)
    assert (asked.height_sd <= plain.height_sd * 1.001).all()
    for name in ("slope", "height", "residual", "trust"):
        np.testing.assert_array_equal(getattr(asked, name), getattr(plain, name))


def test_less_uncertainty_is_more_trust_but_not_where_the_detector_was_blind(tmp_path: Path) -> None:
    frame = noisy_frame()
    frame[2, 20:25, 30:40] = 65535
    loud, silent = (invert(made_model(tmp_path, silent_network(v=v)), frame) for v in (3.0, 0.0))
    sure = invert(made_model(tmp_path, silent_network(v=-2.0)), frame)
    assert loud.trust.mean() < min(silent.trust.mean(), sure.trust.mean())
    for surface in (loud, silent, sure):
        assert not surface.trust[20:25, 30:40].any()


def broken_network(inputs: int, outputs: int, threshold: float = 0.0, fold: int = FOLD) -> bytes:
    """Keeps all, but gives no number for blocks in which the third plane is at most `threshold` on the mean."""
    g = Graph(inputs, outputs)
    kernel = np.zeros((outputs, inputs, fold, fold))
    zero = g.add("Conv", "x", g.constant(kernel, np.float32), strides=[fold, fold])
    kernel[:, 2] = 1.0 / fold**2
    third = g.add("Conv", "x", g.constant(kernel, np.float32), strides=[fold, fold])
    above = g.add("Relu", g.add("Sub", third, g.constant(threshold, np.float32)))
    all_kept = keeping_all() if fold == FOLD else np.zeros(outputs)
    told = g.add("Add", g.add("Div", zero, above), g.constant(all_kept[:, None, None], np.float32))
    return g.file(told, blocks=fold > 1)


def _inside(broken: np.ndarray) -> np.ndarray:
    """Pixels of the inner part whose neighbours are broken as well."""
    return ~maximum_filter(~broken, 5)[1:-1, 1:-1]


@pytest.mark.parametrize("precision", ["f32", "any"])
def test_what_is_no_number_falls_back_on_the_closed_form(tmp_path: Path, precision: str) -> None:
    frame = noisy_frame()
    found = invert(made_model(tmp_path, broken_network(PLANES, OUTPUTS), precision=precision), frame)
    classical = invert(load_model("analytic", INSTRUMENT), frame)
    of_blocks = classical.slope[0].reshape(30, 2, 45, 2).mean(axis=(1, 3))
    broken, sound = (np.kron(one, np.ones((2, 2))) > 0 for one in (of_blocks < -0.01, of_blocks > 0.01))
    assert 0.1 < broken.mean() < 0.9
    kept = consistent(classical.slope, classical.slope_sd, classical.height, PIXEL)
    np.testing.assert_allclose(
        found.slope[:, 1:-1, 1:-1][:, _inside(broken)], kept[:, 1:-1, 1:-1][:, _inside(broken)], atol=1e-2
    )
    np.testing.assert_array_equal(found.slope_sd[broken], classical.slope_sd[broken])
    assert not found.trust[broken].any()
    assert found.trust[sound].mean() > 50
    assert all(np.isfinite(plane).all() for plane in found.planes().values())


def test_an_integrator_without_numbers_is_left_out(tmp_path: Path) -> None:
    """A network of the integrator's form, all of whose outputs are infinite or no number."""
    layout = Layout(fold=1, weighted=False)
    file = broken_network(*layout.channels, threshold=1e6, fold=1)
    write_network(
        tmp_path,
        file,
        "solver",
        kind="integrator",
        features=integrator_features.VERSION,
        inputs=layout.channels[0],
        outputs=layout.channels[1],
        iterations=1,
    )
    found = invert(made_model(tmp_path, silent_network(), integrator="solver.onnx"), noisy_frame())
    classical = invert(load_model("analytic", INSTRUMENT), noisy_frame())
    assert np.isfinite(found.height).all()
    np.testing.assert_allclose(found.height, classical.height, atol=0.02 * classical.height.std())


@pytest.mark.parametrize("shape", [(3, 3), (5, 70), (61, 83), (64, 96), (97, 31)])
@pytest.mark.parametrize("instrument", [INSTRUMENT, THREE], ids=["four segments", "three"])
def test_any_size_and_number_of_segments(tmp_path: Path, instrument: Any, shape: tuple[int, int]) -> None:
    found = invert(made_model(tmp_path, small_unet(), instrument), noisy_frame(instrument, shape), instrument)
    assert found.height.shape == shape
    assert found.slope.shape == (2, *shape)
    for name, plane in found.planes().items():
        assert np.isfinite(plane).all() or (name == "residual" and instrument is THREE), name
    assert (found.slope_sd > 0).all()
    assert (found.height_sd > 0).all() or min(shape) == 3


def test_a_frame_too_small_for_networks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="3 × 3 pixels"):
        invert(made_model(tmp_path, small_unet()), noisy_frame(shape=(2, 40)))


def test_frames_before_change_no_bit(tmp_path: Path) -> None:
    frames = [noisy_frame(seed=k) for k in range(3)] + [noisy_frame(shape=(40, 33))]
    model = made_model(tmp_path, small_unet(), precision="any")
    forward = [bits(invert(model, frame)) for frame in frames]
    again = made_model(tmp_path, small_unet(), precision="any")
    assert [bits(invert(again, frame)) for frame in reversed(frames)] == forward[::-1]
    assert len(set(forward)) == len(frames)


def bits(surface: Surface) -> str:
    return hashlib.sha256(b"".join(plane.tobytes() for plane in surface.planes().values())).hexdigest()


def test_another_process_finds_the_same_bits(tmp_path: Path) -> None:
    path = write_network(tmp_path, small_unet())
    frame = noisy_frame(shape=(61, 83))
    np.save(tmp_path / "frame.npy", frame)
    code = f"""
import sys
sys.path[:0] = {[entry for entry in sys.path if entry.endswith(("support", "networks"))]!r}
import numpy as np, hashlib
from made_frames import make_calibration, make_instrument
from eclips4d.inference.models import load_model
model = load_model({str(path)!r}, make_instrument())
planes = model(np.load({str(tmp_path / "frame.npy")!r}), make_calibration(make_instrument())).planes().values()
print(hashlib.sha256(b"".join(plane.tobytes() for plane in planes)).hexdigest())
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == bits(invert(load_model(str(path), INSTRUMENT), frame))


def test_the_fingerprint_names_all_that_decides(tmp_path: Path) -> None:
    first = made_model(tmp_path, small_unet())
    assert made_model(tmp_path, small_unet()).fingerprint == first.fingerprint
    others = [
        made_model(tmp_path, small_unet(seed=1)),
        made_model(tmp_path, small_unet(), make_instrument(pixel_nm=5.0)),
        made_model(tmp_path, small_unet(), coverage={"reach": 1.1}),
        load_model(str(write_network(tmp_path, small_unet(), precision="f32")), INSTRUMENT, "torch"),
    ]
    assert len({first.fingerprint, *(model.fingerprint for model in others)}) == 1 + len(others)
    assert first.engine == "openvino f32"
    assert others[-1].engine == "torch f32"
    assert load_model("analytic", INSTRUMENT).engine == "none"


def test_engines_agree_on_the_surface(tmp_path: Path) -> None:
    path, frame = write_network(tmp_path, small_unet(), precision="f32"), noisy_frame()
    by_openvino, by_torch = (
        invert(load_model(str(path), INSTRUMENT, engine), frame) for engine in ("openvino", "torch")
    )
    np.testing.assert_allclose(by_openvino.slope, by_torch.slope, atol=4e-6)
    np.testing.assert_allclose(by_openvino.height, by_torch.height, atol=1e-3)
