"""A store gives back what was put in, and refuses what would break its promises."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import xarray as xr
from made_stores import (
    STAGES,
    make_calibration,
    make_frame,
    make_registered,
    make_source,
    settle,
    write_run,
)

import eclips4d.storage as storage
from eclips4d.core.errors import InputError, StoreError
from eclips4d.core.frame import Frame
from eclips4d.core.results import Status
from eclips4d.storage import StoreWriter, summary
from eclips4d.storage.layout import PRODUCTS


@pytest.fixture
def source():
    return make_source()


@pytest.fixture
def store(tmp_path, source):
    with StoreWriter.create(tmp_path / "run.zarr", source, "run", stages=STAGES) as writer:
        yield writer


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("shape", [(3, 37, 53), (4, 256, 384), (5, 300, 1), (6, 1, 700)])
def test_raw_and_headers_come_back_exactly(tmp_path, dtype, shape):
    source = make_source(2, shape, dtype)
    frames = [make_frame(source, sequence) for sequence in range(2)]
    with StoreWriter.create(tmp_path / "run.zarr", source, "run") as writer:
        for frame in frames:
            writer.write_frame(frame).result()
        writer.commit(committed=0, recorded=2)
        for sequence, frame in enumerate(frames):
            assert np.array_equal(writer.read_raw(sequence), frame.data)
            assert writer.header(sequence) == frame.header
    dataset = storage.open(tmp_path / "run.zarr", recorded=True)
    assert np.array_equal(dataset.raw, np.stack([frame.data for frame in frames]))
    assert dataset.raw.dtype == dtype
    replayed = storage.StoredFrames(tmp_path / "run.zarr")
    assert len(replayed) == 2 and replayed.header(1) == frames[1].header
    assert np.array_equal(replayed.raw(1), frames[1].data)


def test_an_image_that_no_tile_divides(tmp_path):
    source = make_source(1, (4, 521, 771))
    frame = make_frame(source, 0)
    with StoreWriter.create(tmp_path / "run.zarr", source, "run", stages=STAGES) as writer:
        writer.write_frame(frame).result()
        settle(writer, source, 0)
    dataset = xr.open_zarr(tmp_path / "run.zarr", chunks=None)
    assert np.array_equal(dataset.raw[0], frame.data)
    assert np.array_equal(dataset.trust[0], make_registered(source, 0).surface.trust)
    assert dataset.height[0].isnull().sum() == 0


def test_results_columns_and_attributes(tmp_path, source):
    path = tmp_path / "run.zarr"
    write_run(path, source, 8)
    dataset = xr.open_zarr(path, chunks=None)
    assert dataset.sizes["time"] == 8
    assert dataset.time.values.tolist() == [1.5 * s for s in range(8)]
    assert dataset.frame_id.values.tolist() == [1000 + 3 * s for s in range(8)]
    assert dataset.status.values.tolist() == [int(Status.DONE)] * 8
    assert dataset.side_temperature.attrs["units"] == "K"
    assert dataset.drift.values[3].tolist() == [1.5, -0.75]
    assert dataset.latency_ms.values.tolist() == [[12.0, 3.0]] * 8
    assert dataset.x.values[:3].tolist() == [0, 4, 8] and dataset.y.values[:3].tolist() == [0, 5, 10]
    assert dataset.raw.attrs["segments"] == ["A", "B", "C", "D"]
    assert dataset.slope.attrs["components"] == ["x", "y"]
    for name in ("slope_sd", "height_sd"):
        assert dataset[name].attrs["noise_correlation_px"] == 1.5 and dataset[name].attrs["scale_u"] == 0.01
        assert dataset[name].dtype == np.float16
    for name in ("height", "slope", "slope_sd", "height_sd"):
        assert dataset[name].attrs["calibrated"] is True and dataset[name].attrs["scale_u"] == 0.01
    assert all({"units", "long_name"} <= set(variable.attrs) for variable in dataset.variables.values())
    ours = dataset.attrs["eclips4d"]
    known = {"fingerprint": "abc", "name": "analytic", "engine": "none", "pixels_alike": 1.0}
    assert ours["models"] == [known] and ours["ended"] is True
    assert "frame_times_s" not in dataset.attrs["instrument"]["scan"]
    for sequence in range(8):
        surface = make_registered(source, sequence).surface
        frame = dataset.isel(time=sequence)
        assert np.all(np.abs(frame.height - surface.height) <= surface.height_sd / 20)
        assert np.all(np.abs(frame.slope - surface.slope) <= surface.slope_sd / 20)
        np.testing.assert_allclose(frame.residual, surface.residual, rtol=2**-11, atol=1e-7)
        assert np.array_equal(frame.trust, surface.trust)


def test_keep_leaves_products_out(tmp_path, source):
    path = tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", keep=("raw", "height", "trust"), stages=STAGES) as writer:
        writer.write_frame(make_frame(source, 0)).result()
        settle(writer, source, 0)
    dataset = xr.open_zarr(path, chunks=None)
    assert {"raw", "height", "trust", "drift", "status"} <= set(dataset) and not {"slope", "residual"} & set(dataset)
    with pytest.raises(InputError, match="'hight'"):
        StoreWriter.create(tmp_path / "other.zarr", source, "run", keep=("hight",))


def test_gaps_quarantine_and_unaligned(store, source):
    store.write_frame(make_frame(source, 0)).result()
    store.write_gap(1, 1003, 1.5)
    store.write_frame(make_frame(source, 2)).result()
    store.set_status(0, Status.QUARANTINED)
    indices = store.add_calibration(make_calibration()), store.add_model("abc", "analytic")
    store.write_registered(2, make_registered(source, 2, aligned=False), *indices).result()
    store.commit(committed=3, recorded=3)
    dataset = xr.open_zarr(store.path, chunks=None)
    assert dataset.status.values.tolist() == [Status.QUARANTINED, Status.GAP, Status.DONE | Status.NOT_ALIGNED]
    assert dataset.model.values.tolist() == [-1, -1, 0]
    assert not dataset.raw[1].any() and dataset.height[:2].isnull().all()
    assert dataset.frame_id.values.tolist() == [1000, 1003, 1006]
    with pytest.raises(InputError, match="lost"):
        store.header(1)


def test_a_duplicate_noted_late_forgets_no_result(store, source):
    store.write_frame(make_frame(source, 0)).result()
    indices = store.add_calibration(make_calibration()), store.add_model("abc", "analytic")
    store.set_status(0, Status.DUPLICATE)
    store.write_registered(0, make_registered(source, 0, aligned=False), *indices).result()
    assert store.status(0) == Status.DONE | Status.NOT_ALIGNED | Status.DUPLICATE
    store.set_status(0, Status.DUPLICATE)
    assert store.status(0) == Status.DONE | Status.NOT_ALIGNED | Status.DUPLICATE
    store.commit(committed=1, recorded=1)
    assert storage.open(store.path).model.values.tolist() == [0]


def test_committed_frames_never_change_but_deferred_ones_are_filled_in_once(store, source):
    indices = store.add_calibration(make_calibration()), store.add_model("abc", "analytic")
    for sequence in range(2):
        store.write_frame(make_frame(source, sequence)).result()
    store.set_status(0, Status.DEFERRED)
    store.write_registered(1, make_registered(source, 1), *indices).result()
    store.commit(committed=2, recorded=2)
    for attempt in (
        lambda: store.write_frame(make_frame(source, 1)),
        lambda: store.write_registered(1, make_registered(source, 1), *indices),
        lambda: store.set_status(1, Status.QUARANTINED),
        lambda: store.write_latency(1, {"inference": 1.0}),
    ):
        with pytest.raises(StoreError, match="never changes"):
            attempt()
    store.write_registered(0, make_registered(source, 0), *indices).result()
    store.commit(committed=2, recorded=2)
    assert store.status(0) == Status.DONE | Status.DEFERRED
    with pytest.raises(StoreError, match="never changes"):
        store.write_registered(0, make_registered(source, 0), *indices)
    assert not xr.open_zarr(store.path, chunks=None).height.isnull().any()


def test_commit_refuses_counters_out_of_order(store, source):
    store.write_frame(make_frame(source, 0)).result()
    store.commit(committed=0, recorded=1, state=b"first")
    store.commit(committed=0, recorded=1)
    assert store.state == b"first"
    for committed, recorded in ((2, 1), (0, 0), (0, 99), (-1, 1)):
        with pytest.raises(StoreError, match="cannot commit"):
            store.commit(committed=committed, recorded=recorded)
    with pytest.raises(StoreError, match="allowed"):
        store.commit(committed=1, recorded=1, state=bytes(64 * 1024 + 1))
    store.commit(committed=0, recorded=1, state=bytes(range(256)) * 256)
    with StoreWriterClosed(store) as again:
        assert again.state == bytes(range(256)) * 256


class StoreWriterClosed:
    """The same store, closed and taken over."""

    def __init__(self, writer):
        self.writer = writer

    def __enter__(self):
        self.writer.close()
        self.again = StoreWriter.resume(self.writer.path)
        return self.again

    def __exit__(self, *_):
        self.again.close()


def test_frames_that_do_not_fit_are_refused(store, source):
    other = make_source(8, (4, 24, 41))
    with pytest.raises(InputError, match="the store holds"):
        store.write_frame(make_frame(other, 0))
    frame = make_frame(source, 0)
    turned = msgspec.structs.replace(frame.header, rotation_deg=31.0)
    with pytest.raises(InputError, match="start a new run"):
        store.write_frame(Frame(turned, frame.data))
    with pytest.raises(InputError, match="sequence 8"):
        store.write_frame(make_frame(source, 8))
    with pytest.raises(InputError, match="never added"):
        store.write_registered(0, make_registered(source, 0), 0, 0)
    with pytest.raises(InputError, match="'viewer'"):
        store.write_latency(0, {"viewer": 1.0})
    for method in (store.status, store.header, store.read_raw):
        with pytest.raises(InputError, match="no sequence 8"):
            method(8)


def test_a_store_has_one_writer(store, source):
    with pytest.raises(StoreError, match=r"process \d+ on "):
        StoreWriter.resume(store.path)
    with pytest.raises(InputError, match="there already"):
        StoreWriter.create(store.path, source, "other")


def test_live_sources_grow_in_blocks_and_are_trimmed(tmp_path, monkeypatch):
    monkeypatch.setattr("eclips4d.storage.layout.LIVE_BLOCK", 256)
    source = make_source(None, (3, 8, 8))
    path = tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run", keep=("height",), stages=STAGES) as writer:
        assert xr.open_zarr(path, consolidated=False, chunks=None).sizes["time"] == 256
        for sequence in range(255, 258):
            writer.write_frame(make_frame(source, sequence, pressure=1e-3 * sequence)).result()
        for sequence in range(255):
            writer.write_gap(sequence, sequence, float(sequence))
        everything = xr.open_zarr(path, consolidated=False, chunks=None)
        assert set(everything.sizes.items()) >= {("time", 512)}
        assert xr.open_zarr(path, chunks=None).sizes["time"] == 0
        for sequence in range(255, 258):
            writer.set_status(sequence, Status.QUARANTINED)
        writer.commit(committed=258, recorded=258)
        assert writer.header(257) == make_frame(source, 257, pressure=0.257).header
        writer.finish(258)
        assert writer.total == 258
    for consolidated in (True, False):
        dataset = xr.open_zarr(path, consolidated=consolidated, chunks=None)
        assert dataset.sizes["time"] == 258
        assert dataset.side_pressure.values[254:].tolist() == pytest.approx([np.nan, 0.255, 0.256, 0.257], nan_ok=True)
    with StoreWriter.resume(path) as writer:
        assert (writer.committed, writer.total) == (258, 258)
        writer.write_frame(make_frame(source, 258)).result()
        assert writer.total is None
        writer.commit(committed=258, recorded=259)
    assert storage.open(path, recorded=True).sizes["time"] == 259


def test_finish_wants_every_frame(store, source):
    store.write_frame(make_frame(source, 0)).result()
    store.commit(committed=0, recorded=1)
    with pytest.raises(StoreError, match="0 of 1"):
        store.finish(1)


def test_a_recording_that_ends_early_is_trimmed(store, source):
    store.write_frame(make_frame(source, 0)).result()
    settle(store, source, 0)
    store.finish(1)
    for consolidated in (True, False):
        assert xr.open_zarr(store.path, consolidated=consolidated, chunks=None).sizes["time"] == 1


def test_a_recording_that_was_stopped_early_goes_on(tmp_path, source):
    stopped, whole = tmp_path / "stopped.zarr", tmp_path / "whole.zarr"
    with StoreWriter.create(whole, source, "run", stages=STAGES) as writer:
        for sequence in range(source.frames):
            writer.write_frame(make_frame(source, sequence)).result()
            settle(writer, source, sequence)
        writer.finish(source.frames)
    with StoreWriter.create(stopped, source, "run", stages=STAGES) as writer:
        for sequence in range(3):
            writer.write_frame(make_frame(source, sequence)).result()
            settle(writer, source, sequence)
        writer.finish(3)
    with StoreWriter.resume(stopped) as writer:
        for sequence in range(3, source.frames):
            writer.write_frame(make_frame(source, sequence)).result()
            assert xr.open_zarr(stopped, consolidated=False, chunks=None).sizes["time"] == source.frames
            settle(writer, source, sequence)
        writer.finish(source.frames)
    for consolidated in (True, False):
        xr.testing.assert_identical(
            xr.open_zarr(stopped, consolidated=consolidated, chunks=None),
            xr.open_zarr(whole, consolidated=consolidated, chunks=None),
        )


def test_an_address_with_a_number_of_frames_can_get_more(tmp_path):
    source = msgspec.structs.replace(make_source(4, (3, 8, 8)), kind="sim", can_wait=False)
    with StoreWriter.create(tmp_path / "run.zarr", source, "run", keep=(), stages=STAGES) as writer:
        for sequence in range(6):
            writer.write_frame(make_frame(source, sequence)).result()
        writer.commit(committed=0, recorded=6)
        for sequence in range(6):
            np.testing.assert_array_equal(writer.read_raw(sequence), make_frame(source, sequence).data)


def test_a_model_that_averages_makes_pixels_alike(store):
    store.add_calibration(make_calibration())
    store.add_model("a", "live", "openvino bf16", 20.0)
    store.commit(committed=0, recorded=0)
    assert xr.open_zarr(store.path).slope_sd.attrs["noise_correlation_px"] == 30.0  # 1.5 of the frame's own noise


def test_indices_are_stable(store):
    assert [store.add_model("a", "x"), store.add_model("b", "x"), store.add_model("a", "x")] == [0, 1, 0]
    first, second = make_calibration(), make_calibration(valid_from=5)
    assert [store.add_calibration(c) for c in (first, second, first)] == [0, 1, 0]
    store.commit(committed=0, recorded=0)
    with StoreWriterClosed(store) as again:
        assert again.calibrations == (first, second)
        assert [model.fingerprint for model in again.models] == ["a", "b"]


def test_events_are_lines(store):
    store.event({"at": "2026-01-01T00:00:00Z", "what": "O2 on"})
    store.event({"at": "2026-01-01T00:01:00Z", "what": "O2 off"})
    lines = (store.path / "events.jsonl").read_text().splitlines()
    assert len(lines) == 2 and '"O2 on"' in lines[0]


def test_every_product_has_a_place():
    from eclips4d.core.results import Surface

    assert sorted(PRODUCTS) == sorted(Surface.__dataclass_fields__)


def test_an_assumed_scale_is_said_beside_the_heights(tmp_path, source):
    path = tmp_path / "run.zarr"
    with StoreWriter.create(path, source, "run") as store:
        assert (summary(path).calibrated, summary(path).scale_u) == (True, 0.0)
        assert "calibrated" not in xr.open_zarr(path, chunks=None).height.attrs
        store.add_calibration(make_calibration())
        store.add_calibration(msgspec.structs.replace(make_calibration(), calibrated=False, kappa_u=0.14))
        store.commit(committed=0, recorded=0)
    assert (summary(path).calibrated, summary(path).scale_u) == (False, 0.14)
    for consolidated in (True, False):
        dataset = xr.open_zarr(path, chunks=None, consolidated=consolidated)
        for name in ("height", "slope"):
            assert dataset[name].attrs["calibrated"] is False and dataset[name].attrs["scale_u"] == 0.14


def test_the_grid_says_how_well_its_pixels_are_known_where_the_instrument_file_does(tmp_path, source):
    section = '[calibration]\nartefact = "grating:400"\npixel_scale_u = 0.006\n'
    told = msgspec.structs.replace(source, instrument_toml=source.instrument_toml + section)
    for name, each, known in (("bare", source, None), ("told", told, 0.006)):
        StoreWriter.create(tmp_path / name, each, "run").close()
        dataset = xr.open_zarr(tmp_path / name, chunks=None)
        assert [dataset[axis].attrs.get("scale_u") for axis in ("x", "y")] == [known, known]
