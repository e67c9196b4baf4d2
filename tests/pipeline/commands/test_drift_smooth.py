"""`eclips4d drift --smooth`: the recorded frames followed again."""

import numpy as np
import pandas as pd
import pytest
from growing_store import surface_of
from msgspec.structs import replace
from shifted_frames import calibration, frame, header, series

import eclips4d.storage as storage
from eclips4d.core.errors import InputError
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.results import Registered, Status, Surface
from eclips4d.core.source import SourceInfo
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.drift_report.again import first_calibration
from eclips4d.registration.track import follow

SHAPE, GAP, QUARANTINED, FRAMES = (64, 72), 2, 4, 7
FOLLOWED = [k for k in range(FRAMES) if k not in (GAP, QUARANTINED)]
TOML = """
[beam]
energy_kev = 10
[scan]
pixel_size_nm = [4, 5]
[detector]
distance_mm = 6
azimuths_deg = [45, 135, 225, 315]
"""
SMOOTHED = [
    "smoothed_row_px",
    "smoothed_col_px",
    "smoothed_row_u_px",
    "smoothed_col_u_px",
    "smoothed_rate_row_px",
    "smoothed_rate_col_px",
    "smoothed_x_nm",
    "smoothed_y_nm",
]


def made_source():
    return SourceInfo(
        kind="sim",
        address="sim://waves",
        identity="waves",
        instrument_toml=TOML,
        instrument=parse_instrument(TOML).fingerprint,
        segments=tuple("ABCD"),
        dtype="uint16",
        shape=(4, *SHAPE),
        frames=FRAMES,
        can_wait=False,
        start_utc="2026-01-01T00:00:00Z",
    )


def frames():
    """A scene that drifts by (0.3, -0.2) px a frame, with shot noise."""
    scene = series(seed=3)
    for k in range(FRAMES):
        raw = frame(scene, SHAPE, (0.3 * k, -0.2 * k), (0.27, -0.18), seed=k)
        yield replace(header(k, raw), pixel_size_nm=(4.0, 5.0)), raw


@pytest.fixture
def live():
    """Drift by the frames up to each, with one lost and one quarantined."""
    return follow(((h, raw) for h, raw in frames() if h.sequence in FOLLOWED), calibration())


@pytest.fixture
def run(tmp_path, live):
    """The store of that run, the last frame recorded only."""
    path = tmp_path / "run.zarr"
    drifts = dict(zip(FOLLOWED, live.live, strict=True))
    with storage.StoreWriter.create(path, made_source(), "run", keep=("trust",), stages=()) as writer:
        keys = writer.add_calibration(calibration()), writer.add_model("0" * 16, "analytic")
        for h, raw in frames():
            if h.sequence == GAP:
                writer.write_gap(GAP, GAP, h.start_s)
                continue
            writer.write_frame(Frame(h, raw)).result()
            if h.sequence == QUARANTINED:
                writer.set_status(QUARANTINED, Status.QUARANTINED)
            elif h.sequence < FRAMES - 1:
                writer.write_registered(h.sequence, Registered(_surface(), drifts[h.sequence]), *keys).result()
        writer.commit(committed=FRAMES - 1, recorded=FRAMES)
        yield path


def _surface():
    small = surface_of(0)
    planes = {name: np.zeros((*plane.shape[:-2], *SHAPE), plane.dtype) for name, plane in small.planes().items()}
    return Surface(**planes)


def test_the_smoothed_columns_are_those_of_following_all_recorded_frames(run, live, tmp_path, capsys):
    file = tmp_path / "drift.csv"
    assert main(["drift", str(run), "--smooth", "--out", str(file)]) == 0
    assert f"{len(FOLLOWED)}/{len(FOLLOWED)}" in capsys.readouterr().err
    table = pd.read_csv(file)
    assert table.columns[-len(SMOOTHED) :].tolist() == SMOOTHED and len(table) == FRAMES - 1
    committed = [k for k in FOLLOWED if k < FRAMES - 1]
    expected = [(*d.start, *d.sd, *d.rate, 4.0 * d.start[1], 5.0 * d.start[0]) for d in live.smoothed][: len(committed)]
    np.testing.assert_allclose(table[SMOOTHED].to_numpy()[committed], expected, rtol=1e-10)
    assert table[SMOOTHED].iloc[[GAP, QUARANTINED]].isna().all(axis=None)
    stored = [d.start for d in live.live[: len(committed)]]
    np.testing.assert_allclose(table[["drift_row_px", "drift_col_px"]].to_numpy()[committed], stored, rtol=1e-10)
    assert (table["smoothed_row_u_px"] < table["drift_row_u_px"])[committed[1:]].all()


def test_both_are_in_the_summary_and_in_the_picture(run, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    target = tmp_path / "drift.png"
    assert main(["drift", str(run), "--smooth", "--plot", str(target)]) == 0
    said = capsys.readouterr().out
    assert "4 frames, each from all" in said and "live − smoothed" in said and "rms sd" in said
    assert target.read_bytes().startswith(b"\x89PNG")
    assert main(["drift", str(run)]) == 0 and "smoothed" not in capsys.readouterr().out


def test_frames_that_were_only_recorded_cannot_be_followed(tmp_path, capsys):
    path = tmp_path / "recorded.zarr"
    with storage.StoreWriter.create(path, made_source(), "run", keep=("trust",), stages=()) as writer:
        for h, raw in frames():
            writer.write_frame(Frame(h, raw)).result()
            writer.set_status(h.sequence, Status.DEFERRED)
        writer.commit(committed=FRAMES, recorded=FRAMES)
        assert main(["drift", str(path), "--smooth"]) == 2
        assert "no calibration" in capsys.readouterr().err
        with pytest.raises(InputError, match="--record-only"):
            first_calibration(path)
