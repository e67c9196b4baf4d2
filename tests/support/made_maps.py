"""Height maps of the tests: a rough surface known everywhere, and files as instruments write them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from eclips4d.metrology.maps.height_map import HeightMap
from eclips4d.metrology.maps.placement import Placement
from eclips4d.metrology.movie import SurfaceFrame


class Rough:
    """A periodic surface in nm, read at any place (nm from its middle) by a cubic spline of its own."""

    def __init__(
        self, seed: int = 0, side: int = 160, width_px: float = 5.0, rms_nm: float = 8.0, pixel_nm: float = 2.0
    ):
        height = gaussian_filter(np.random.default_rng(seed).normal(size=(side, side)), width_px, mode="wrap")
        self.height = height * rms_nm / height.std()
        self.pixel_nm = pixel_nm

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        middle = (len(self.height) - 1) / 2
        x, y = np.broadcast_arrays(x, y)
        return map_coordinates(self.height, [y / self.pixel_nm + middle, x / self.pixel_nm + middle], mode="grid-wrap")

    def seen(self, shape: tuple[int, int], pixel_nm: float, placement: Placement | None = None) -> np.ndarray:
        """As a map shows it that lies so; without a placement as the run shows it."""
        y, x = ((np.arange(n) - (n - 1) / 2) * pixel_nm for n in shape)
        (a, b), (c, d) = np.eye(2) if placement is None else placement.matrix()
        right, down = (0.0, 0.0) if placement is None else placement.shift_nm
        x, y = np.meshgrid(x, y)
        return self.at(a * x + b * y + right, c * x + d * y + down)


def chart(height: np.ndarray, pixel_nm: float = 2.0) -> HeightMap:
    return HeightMap(np.asarray(height, np.float64), (pixel_nm, pixel_nm), "map.npz")


def surface(height: np.ndarray, trust: np.ndarray | None = None) -> SurfaceFrame:
    height = np.asarray(height, np.float32)
    slope_sd = np.full(height.shape, 0.02, np.float32)
    return SurfaceFrame(
        3, 0.0, np.zeros(len(height)), height, np.zeros((2, *height.shape), np.float32), slope_sd, None, trust
    )


def write_nanoscope(path: Path, values: np.ndarray, size_nm: tuple[float, float], lsb_nm: float) -> None:
    """A Nanoscope file with a phase and a height image, 16 bit, the lowest line of the image first."""
    rows, columns = values.shape
    sensitivity = 10.0  # nm/V
    hard = lsb_nm / sensitivity * 65536

    def image(name: str, scale: str, offset: int) -> list[str]:
        return [
            "\\*Ciao image list",
            f"\\Data offset: {offset}",
            f"\\Data length: {2 * rows * columns}",
            "\\Bytes/pixel: 2",
            f"\\Samps/line: {columns}",
            f"\\Number of lines: {rows}",
            f"\\Scan Size: {size_nm[0]:g} {size_nm[1]:g} nm",
            f'\\@2:Image Data: S [{name}] "{name}"',
            f"\\@2:Z scale: V [{scale}] (0.0001 V/LSB) {hard:.9g} V",
        ]

    start = 4096
    lines = [
        "\\*File list",
        "\\Version: 0x09200000",
        "\\*Ciao scan list",
        f"\\@Sens. Zsens: V {sensitivity:g} nm/V",
        "\\@Sens. Phase: V 1 º/V",
        *image("Phase", "Sens. Phase", start),
        *image("Height", "Sens. Zsens", start + 2 * rows * columns),
        "\\*File list end",
    ]
    head = "\r\n".join([*lines, ""]).encode("latin-1")
    stored = np.ascontiguousarray(values[::-1].astype("<i2"))
    path.write_bytes(head.ljust(start, b"\x1a") + np.zeros_like(stored).tobytes() + stored.tobytes())


def write_igor(path: Path, channels: dict[str, np.ndarray], pixel_m: tuple[float, float]) -> None:
    """An Igor binary wave of version 5 as Asylum writes it: [x, y, channel], y from the lowest line, metres."""
    data = np.stack([image[::-1].T for image in channels.values()], axis=2).astype("<f4")
    labels = b"".join(name.encode().ljust(32, b"\0") for name in ("", *channels))
    wave = struct.pack(
        "<3I i 2h 6s h 32s i I 4i 4d 4d",
        *(0, 0, 0, data.size, 2, 0, b"", 1, b"wave", 0, 0),
        *(*data.shape, 0, *pixel_m, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0),
    )
    wave += struct.pack("<4s 4s 4s 4s 4s", b"m", b"m", b"m", b"", b"").ljust(72 - 52, b"\0") + b"\0" * (320 - 168)
    # Sizes of what follows the header: with the data, of the note, of units, of the labels of the third dimension, …
    sizes = [len(wave) + 4 * data.size, 0, 0, 0, 0, 0, 0, 0, 0, 0, len(labels), 0, 0, 0, 0]
    # The header's words add up to zero.
    total = sum(struct.unpack("<192h", struct.pack("<2h 15i", 5, 0, *sizes) + wave))
    head = struct.pack("<2h 15i", 5, (-total + 2**15) % 2**16 - 2**15, *sizes)
    path.write_bytes(head + wave + data.tobytes(order="F") + labels)
