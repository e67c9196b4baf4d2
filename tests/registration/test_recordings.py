"""Drift of recordings made elsewhere, with truth."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from shifted_frames import calibration

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import FrameHeader
from eclips4d.core.instrument import Instrument, load_instrument
from eclips4d.registration import Registrar


def header(instrument: Instrument, raw: np.ndarray, k: int) -> FrameHeader:
    start, line = (instrument.scan.frame_times_s or ())[k], instrument.scan.line_time_s
    return FrameHeader(
        run_id="r",
        sequence=k,
        frame_id=k,
        start_s=start,
        end_s=start + line * raw.shape[1],
        line_time_s=line,
        segments=tuple("ABCD"),
        dtype=str(raw.dtype),
        shape=raw.shape,
        pixel_size_nm=instrument.scan.pixel_size_xy_nm,
        rotation_deg=0.0,
        instrument="i",
    )


def rough_calibration(instrument: Instrument) -> Calibration:
    """Registration needs no more than the order of the noise and where the segments look from."""
    eight_adu = {"noise_slope_adu": (10.0,) * 4, "noise_floor_adu2": (50.0,) * 4}
    dark = {"offset_adu": instrument.detector.offset_adu or (0.0,) * 4}
    values = {name: getattr(calibration(), name) for name in ("gain", "flat", "contrast")}
    return Calibration(**values, **eight_adu, **dark)


# Cross-correlation to frame 0 is off by 0.64, 0.51, 12.5 and 8.9 pixels on these.
@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "largest_rms_px"), [("granular_afm", 0.01), ("frusta", 0.02), ("spiral", 0.5), ("stepflow", 1.0)]
)
def test_drift_of_the_frame_start(shared_data: Path, name: str, largest_rms_px: float) -> None:
    folder = shared_data / "recordings"
    instrument = load_instrument(folder / f"{name}.toml")
    frames = tifffile.imread(folder / f"{name}.ome.tif")
    with np.load(folder / f"{name}.truth.npz") as truth:
        true = truth["drift_px"]
    registrar = Registrar.start(header(instrument, frames[0], 0), frames[0], rough_calibration(instrument))
    drifts = [registrar.locate(header(instrument, raw, k), raw) for k, raw in enumerate(frames)]
    errors = np.array([d.start for d in drifts]) - true
    assert np.sqrt((errors[1:] ** 2).sum(axis=1).mean()) < largest_rms_px
    scores = errors[1:] / np.array([d.sd for d in drifts[1:]])
    assert np.sqrt(np.mean(scores**2)) < 3.0
