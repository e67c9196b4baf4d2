"""A network file through the whole chain: what the pure functions compute, stamped with what computed it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
import xarray as xr
from made_frames import bumpy_slopes, clean_frame, make_instrument
from made_networks import small_unet, write_network

from eclips4d.acquisition.open import open_source
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.instrument_text import to_toml
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.config import Endpoints, RunConfig
from eclips4d.pipeline.warm_up import frame, warm_networks, warm_up_inference
from eclips4d.registration.placing import Placer
from eclips4d.registration.registrar import Registrar
from eclips4d.storage.rounding import stored_planes

pytestmark = pytest.mark.timeout(400)
FRAMES, SHAPE = 3, (53, 79)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Frames of three segments and odd sides."""
    folder = tmp_path_factory.mktemp("recording")
    instrument = make_instrument(azimuths_deg=(90, 210, 330))
    clean = clean_frame(instrument, bumpy_slopes()[:, : SHAPE[0], : SHAPE[1]], dose=2000.0)
    data = np.random.default_rng(3).poisson(clean, (FRAMES, *clean.shape)).astype(np.uint16)
    tifffile.imwrite(folder / "odd.ome.tif", data, photometric="minisblack", metadata={"axes": "TCYX"})
    toml = to_toml(instrument).replace("[scan]", "[scan]\nframe_times_s = [0, 1, 2]")
    (folder / "odd.toml").write_text(toml)
    return folder / "odd.ome.tif"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_network(tmp_path_factory.mktemp("network"), small_unet(scale=0.3), "made")


@pytest.fixture(scope="module")
def store(recording: Path, network: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a run with two workers."""
    path = tmp_path_factory.mktemp("store") / "run.zarr"
    words = ["run", str(recording), "--out", str(path), "--no-view", "--model", str(network), "--workers", "2"]
    assert main(words) == 0
    return path


def test_the_chain_computes_what_the_pure_functions_do(store: Path, recording: Path, network: Path) -> None:
    with open_source(str(recording)) as source:
        frames = list(source.frames())
        instrument = parse_instrument(source.info.instrument_toml)
    calibration = estimate_calibration(frames[0].data, instrument)
    model = load_model(str(network), instrument)
    placer = Placer(Registrar.start(frames[0].header, frames[0].data, calibration))
    placed = [p for f in frames for p in placer.take(f.header, f.data, model(f.data, calibration))]
    with xr.open_zarr(store) as data:
        assert (data["status"].values & 1).all()
        (used,) = data.attrs["eclips4d"]["models"]
        told = {"fingerprint": model.fingerprint, "name": str(network), "engine": model.engine, "pixels_alike": 1.0}
        assert used == told
        assert data.attrs["eclips4d"]["extra"]["engine"] == "openvino"
        for t, taken in enumerate(placed):
            for name, plane in stored_planes(
                taken.registered.surface, ("height", "slope", "slope_sd", "trust")
            ).items():
                np.testing.assert_array_equal(data[name].values[t], plane, err_msg=f"{name} of frame {t}")


def test_a_store_goes_on_with_its_own_model_and_engine(
    store: Path, recording: Path, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ["run", str(recording), "--out", str(store), "--no-view"]
    assert main([*run, "--model", str(network)]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert main([*run, "--model", str(network), "--engine", "torch"]) == 2
    assert "the store was begun with --engine openvino; choose another --out" in capsys.readouterr().err
    assert main(run) == 2
    assert f"the store was begun with --model {network}" in capsys.readouterr().err


def test_the_store_says_what_computed_it(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(store)]) == 0
    # Without spaces: where lines break depends on the length of the store's path.
    assert "made.onnxonopenvino" in "".join(capsys.readouterr().out.split())


def test_damaged_weights_end_the_run_before_it_begins(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_network(tmp_path, small_unet())
    path.write_bytes(path.read_bytes()[:-1])
    assert main(["run", str(recording), "--out", str(tmp_path / "o.zarr"), "--no-view", "--model", str(path)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "made.onnx: is not the file that its card describes" in told
    assert not (tmp_path / "o.zarr").exists()


def test_networks_are_compiled_before_the_first_frame(network: Path, tmp_path: Path) -> None:
    config = RunConfig(
        run_id="r",
        source="s",
        out=tmp_path,
        spill_dir=tmp_path,
        endpoints=Endpoints(hub="ipc://h", surfaces="ipc://s", notices="ipc://n"),
        model=str(network),
        frame_shape=SHAPE,
    )
    networks = warm_networks(config)
    assert networks is not None
    warm_up_inference(config, networks)
    ready = dict(networks.slopes.whole._programs)  # type: ignore[attr-defined]
    instrument = make_instrument(pixel_nm=7.0)
    raw = frame("uint16", 0.3, SHAPE)
    load_model(str(network), instrument, networks=networks)(raw, estimate_calibration(raw, instrument))
    assert networks.slopes.whole._programs == ready  # type: ignore[attr-defined]
    assert list(ready) == [(64, 96)]
