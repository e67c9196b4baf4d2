"""Frames with known shifts, made by a Fourier series: exact at any sub-pixel place, no interpolation involved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import FrameHeader
from eclips4d.core.results import Surface


@dataclass(frozen=True)
class Series:
    """Random plane waves below `highest` cycles per pixel: amplitudes per segment, wave vectors, phases."""

    amplitude: np.ndarray
    wave: np.ndarray
    phase: np.ndarray

    def at(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        """[segment, y, x] of rows y, and columns x [y, x] that may differ from row to row."""
        out = np.zeros((len(self.amplitude), *x.shape))
        for a, (fy, fx), p in zip(self.amplitude.T, self.wave, self.phase, strict=True):
            out += a[:, None, None] * np.cos(2 * np.pi * (fy * y[:, None] + fx * x) + p)
        return out


def series(segments: int = 4, waves: int = 60, highest: float = 0.2, seed: int = 0) -> Series:
    rng = np.random.default_rng(seed)
    angle, f = rng.uniform(0, np.pi, waves), highest * np.sqrt(rng.uniform(0.02, 1.0, waves))
    wave = np.column_stack([f * np.sin(angle), f * np.cos(angle)])
    azimuth = 2 * np.pi * (np.arange(segments) + 0.5) / segments
    # A height wave: each segment sees its slope, as Lambert's law has it.
    slope = rng.normal(size=waves) / np.sqrt(waves)
    amplitude = -(np.cos(azimuth)[:, None] * np.cos(angle) - np.sin(azimuth)[:, None] * np.sin(angle)) * slope
    return Series(amplitude, wave, rng.uniform(0, 2 * np.pi, waves))


def frame(
    scene: Series,
    shape: tuple[int, int],
    start: tuple[float, float] = (0.0, 0.0),
    rate: tuple[float, float] = (0.0, 0.0),
    *,
    mean: float = 2000.0,
    contrast: float = 0.3,
    seed: int | None = None,
    dtype: type = np.uint16,
) -> np.ndarray:
    """A scan whose content is displaced by start + rate·row/(rows-1); Poisson noise when a seed is given."""
    rows, columns = shape
    part = np.arange(rows) / max(rows - 1, 1)
    y = np.arange(rows) - start[0] - rate[0] * part
    x = np.arange(columns)[None, :] - start[1] - (rate[1] * part)[:, None]
    signal = np.clip(mean * (1 + contrast * scene.at(y, x)), 1.0, np.iinfo(dtype).max)
    if seed is not None:
        signal = np.random.default_rng(seed).poisson(signal)
    return np.clip(np.rint(signal), 0, np.iinfo(dtype).max).astype(dtype)


def calibration(segments: int = 4) -> Calibration:
    azimuth = 2 * np.pi * (np.arange(segments) + 0.5) / segments
    return Calibration(
        gain=(1.0,) * segments,
        offset_adu=(0.0,) * segments,
        noise_slope_adu=(1.0,) * segments,
        noise_floor_adu2=(0.0,) * segments,
        flat=(1.0,) * segments,
        contrast=tuple((float(np.cos(a)), float(-np.sin(a))) for a in azimuth),
    )


def header(k: int, raw: np.ndarray, *, interval_s: float = 5.0, scan_s: float = 4.5) -> FrameHeader:
    rows = raw.shape[1]
    return FrameHeader(
        run_id="r",
        sequence=k,
        frame_id=k,
        start_s=interval_s * k,
        end_s=interval_s * k + scan_s,
        line_time_s=scan_s / max(rows - 1, 1),
        segments=tuple("ABCDEFGH"[: len(raw)]),
        dtype=str(raw.dtype),
        shape=raw.shape,
        pixel_size_nm=(4.0, 4.0),
        rotation_deg=0.0,
        instrument="i",
    )


def surface(shape: tuple[int, int], seed: int = 1) -> Surface:
    plane = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    sd = (0.1 + np.abs(plane)).astype(np.float32)
    return Surface(np.stack([plane, -plane]), sd, 3 * plane, 2 * sd, sd, np.full(shape, 50, np.uint8))
