"""A map in its place as a file: a height file of the contract, with how it was placed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eclips4d.metrology.coregistration.affine import NAMES
from eclips4d.metrology.coregistration.result import Coregistration


def write(found: Coregistration, path: Path) -> None:
    """`height_nm` [y, x] on the run's grid and `pixel_size_nm`, the residual, the affine map and its uncertainties."""
    dx, dy = found.pixel_nm
    ratio = found.heights.ratio.value
    np.savez_compressed(
        path,
        height_nm=found.heights.map_nm.astype(np.float32),
        pixel_size_nm=np.array(dx if dx == dy else (dx, dy)),
        residual_nm=found.heights.residual_nm.astype(np.float32),
        matrix=found.affine.matrix(),
        shift_nm=np.array(found.affine.shift_nm),
        names=np.array(NAMES),
        parameters=found.affine.numbers(),
        parameters_u=found.u,
        covariance=found.covariance,
        mirrored=np.array(found.affine.mirrored),
        upside_down=np.array(found.upside_down),
        tip_radius_nm=np.array(found.tip_radius_nm),
        height_ratio=np.array(ratio.value),
        height_ratio_u=np.array(ratio.u),
        correlation=np.array(found.confidence.correlation),
        significance=np.array(found.confidence.significance),
        chance=np.array(found.confidence.chance),
    )
