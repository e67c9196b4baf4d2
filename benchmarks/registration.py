"""Drift errors on recordings with truth, height errors with and without the metric correction, CPU time per frame.

    python benchmarks/registration.py ../shared/data/recordings

Drift errors are rms of the vector, pixels, over all frames but the first, of the drift at the frame's start.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import tifffile
from scipy.ndimage import gaussian_filter
from skimage.registration import phase_cross_correlation

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import FrameHeader
from eclips4d.core.instrument import load_instrument
from eclips4d.core.results import Drift, Surface
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.integrate import integrate
from eclips4d.inference.models import load_model
from eclips4d.registration import Registrar
from eclips4d.registration.reference import measure, prepare_reference
from eclips4d.registration.resample import resample


class Recording:
    """Frames, instrument and truth of one recording."""

    def __init__(self, path: Path) -> None:
        self.raw = np.ascontiguousarray(tifffile.imread(path))
        self.instrument = load_instrument(path.with_name(path.name.replace(".ome.tif", ".toml")))
        with np.load(path.with_name(path.name.replace(".ome.tif", ".truth.npz"))) as truth:
            self.truth = dict(truth)

    def header(self, k: int, *, rates: bool = True) -> FrameHeader:
        scan = self.instrument.scan
        start, line = (scan.frame_times_s or ())[k], scan.line_time_s if rates else 0.0
        return FrameHeader(
            run_id="",
            sequence=k,
            frame_id=k,
            start_s=start,
            end_s=start + line * self.raw.shape[2],
            line_time_s=line,
            segments=tuple("ABCDEFGH"[: self.raw.shape[1]]),
            dtype=str(self.raw.dtype),
            shape=self.raw.shape[1:],
            pixel_size_nm=scan.pixel_size_xy_nm,
            rotation_deg=0.0,
            instrument="",
        )


def registered(recording: Recording, calibration: Calibration, *, rates: bool) -> np.ndarray:
    registrar = Registrar.start(recording.header(0, rates=rates), recording.raw[0], calibration)
    found = [registrar.locate(recording.header(k, rates=rates), raw) for k, raw in enumerate(recording.raw)]
    return np.array([drift.start for drift in found])


def correlated(recording: Recording) -> np.ndarray:
    """Whole-frame correlation to frame 0: sum of segments, band-passed, windowed, upsampled."""
    window = np.outer(np.hanning(recording.raw.shape[2]), np.hanning(recording.raw.shape[3]))
    sums = [raw.astype(float).sum(axis=0) for raw in recording.raw]
    fine = [(gaussian_filter(s, 1.0) - gaussian_filter(s, 20.0)) * window for s in sums]
    return np.array([phase_cross_correlation(f, fine[0], normalization=None, upsample_factor=50)[0] for f in fine])


def rms(errors: np.ndarray) -> float:
    return float(np.sqrt((errors[1:] ** 2).sum(axis=1).mean()))


def height_error(height: np.ndarray, truth: np.ndarray) -> float:
    """rms inside a margin, after a plane is taken out."""
    inside = np.s_[24:-24, 24:-24]
    error = (height - truth)[inside]
    y, x = np.mgrid[: error.shape[0], : error.shape[1]]
    seen = np.isfinite(error)
    design = np.column_stack([np.ones(seen.sum()), y[seen], x[seen]])
    rest = error[seen] - design @ np.linalg.lstsq(design, error[seen], rcond=None)[0]
    return float(np.sqrt(np.mean(rest**2)))


def height_errors(recording: Recording, calibration: Calibration) -> tuple[float, float]:
    """Given the true drift: height moved as it is, and with the row pitch and shear corrected before."""
    model, pixel = load_model("analytic", recording.instrument), recording.instrument.scan.pixel_size_xy_nm
    plain, corrected = [], []
    for k, raw in enumerate(recording.raw):
        surface = model(raw, calibration)
        drift = Drift(tuple(recording.truth["drift_px"][k]), tuple(recording.truth["drift_within_frame_px"][k]))
        down, right = np.array(drift.rate) / (raw.shape[1] - 1)
        change = -(down * surface.slope[1] + right * surface.slope[0]).astype(np.float32)
        height = surface.height + integrate(np.stack([np.zeros_like(change), change]), pixel)
        truth = recording.truth["height_nm"][k]
        plain.append(height_error(resample(surface, drift).height, truth))
        corrected.append(height_error(resample(replace(surface, height=height), drift).height, truth))
    return float(np.mean(plain)), float(np.mean(corrected))


def cpu_ms(size: int) -> tuple[float, float]:
    """Shift and resampling of one still frame of four segments, CPU milliseconds, best of ten."""
    random = np.random.default_rng(0)
    scene = gaussian_filter(random.normal(size=(4, size + 16, size + 16)), (0, 2, 2))
    scene = 8000 * (1 + 0.1 * scene / scene.std())
    first, second = (random.poisson(scene[:, d : d + size, d : d + size]).astype(np.uint16) for d in (8, 5))
    azimuth = np.pi / 2 * (np.arange(4) + 0.5)
    calibration = Calibration(
        gain=(1.0,) * 4,
        offset_adu=(0.0,) * 4,
        noise_slope_adu=(1.0,) * 4,
        noise_floor_adu2=(0.0,) * 4,
        flat=(1.0,) * 4,
        contrast=tuple((float(np.cos(a)), float(-np.sin(a))) for a in azimuth),
    )
    reference, plane = prepare_reference(first, calibration), scene[0, :size, :size].astype(np.float32)
    surface = Surface(np.stack([plane, plane]), plane, plane, plane, plane, np.ones((size, size), np.uint8))
    shift = best(lambda: measure(reference, second, np.zeros(4), np.eye(4)))
    return shift, best(lambda: resample(surface, Drift((3.3, -2.2), (0.4, 0.7))))


def best(call: object) -> float:
    times = []
    for _ in range(10):
        begun = time.process_time()
        call()  # type: ignore[operator]
        times.append(time.process_time() - begun)
    return 1e3 * min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", type=Path)
    print(f"{'recording':14} {'drift error, px':^38} {'height error, nm':^26}")
    print(f"{'':14} {'correlation':>12} {'without rates':>14} {'ours':>10} {'moved':>12} {'and corrected':>14}")
    for path in sorted(parser.parse_args().recordings.glob("*.ome.tif")):
        recording = Recording(path)
        calibration = estimate_calibration(recording.raw[0], recording.instrument)
        true = recording.truth["drift_px"]
        places = [correlated(recording), *(registered(recording, calibration, rates=r) for r in (False, True))]
        errors = "{:12.3f} {:14.3f} {:10.3f}".format(*(rms(place - true) for place in places))
        heights = "{:12.4f} {:14.4f}".format(*height_errors(recording, calibration))
        print(f"{path.name.removesuffix('.ome.tif'):14} {errors} {heights}")
    for size in (512, 1024):
        print("4x{0}x{0}: shift {1:.1f} ms, resampling {2:.1f} ms of CPU".format(size, *cpu_ms(size)))


if __name__ == "__main__":
    main()
