"""What is known of a made recording: `NAME.truth.npz`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError, MissingInputError

_LABEL = "label_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Surface, drift and detector as they were.

    Attributes
    ----------
    pixel_size_nm
        One value.
    height_nm : float32 [T, y, x]
        Pixel means on the specimen's undistorted grid at the start of frame 0, each row at its own time.
    drift_px : float64 [T, 2]
        (row, column) displacement of the image content at the start of frame t relative to the start of frame 0.
    drift_within_frame_px : float64 [T, 2]
        Its change from first to last row.
    gain, offset_adu, excess_noise : float64 [segments]
        Relative gain, dark level, variance over counting variance.
    labels
        What else is known of the scene: values, words and arrays by name, with the unit in the name. Stored as
        `label_NAME`.
    """

    pixel_size_nm: float
    height_nm: NDArray[np.float32]
    drift_px: NDArray[np.float64]
    drift_within_frame_px: NDArray[np.float64]
    gain: NDArray[np.float64]
    offset_adu: NDArray[np.float64]
    excess_noise: NDArray[np.float64]
    labels: Mapping[str, Any] = field(default_factory=dict)


_ARRAYS = tuple(f.name for f in fields(Truth) if f.name != "labels")


def truth_path(recording: Path) -> Path:
    """`NAME.truth.npz` of `NAME.ome.tif`."""
    return recording.with_name(recording.name.removesuffix(".ome.tif") + ".truth.npz")


def write_truth(truth: Truth, path: Path) -> None:
    """Write the contract's arrays."""
    arrays: dict[str, Any] = {name: np.asarray(getattr(truth, name)) for name in _ARRAYS}
    arrays |= {f"{_LABEL}{name}": np.asarray(value) for name, value in truth.labels.items()}
    np.savez_compressed(path, **arrays)


def read_truth(path: Path) -> Truth:
    """Read them.

    Raises
    ------
    InputError
        No such file, or not the contract's arrays.
    """
    if not path.exists():
        raise MissingInputError("no such file", where=str(path), cure="give the truth beside a made recording")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            values = {name: arrays[name] for name in _ARRAYS}
            labels = {n.removeprefix(_LABEL): _plain(arrays[n]) for n in arrays.files if n.startswith(_LABEL)}
    except (KeyError, ValueError, OSError) as error:
        raise InputError(f"not a truth file: {error}", where=str(path), cure="write it with the recording") from error
    return Truth(**{**values, "pixel_size_nm": float(values["pixel_size_nm"])}, labels=labels)


def _plain(value: NDArray[Any]) -> Any:
    """Numbers and words as such, arrays as arrays."""
    return value.item() if value.ndim == 0 else value
