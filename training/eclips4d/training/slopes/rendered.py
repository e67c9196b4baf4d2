"""Random surfaces as a random microscope sees them, before noise, with their true slopes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.training.afm_labels import afm_like
from eclips4d.training.slopes.setting import Setting
from eclips4d.training.surfaces import FAMILIES, SHARES, random_surface
from eclips4d.training.surfaces.fields import smooth_field
from eclips4d.training.surfaces.surface import Canvas

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rendered:
    """One image without noise.

    Attributes
    ----------
    signal : float32 [n, y, x]
        Expected signals; a flat spot of the main material gives 1 in the mean over segments.
    slope : float32 [2, y, x]
        True pixel means of dh/dx, dh/dy.
    afm_slope : float32 [2, y, x], optional
        As an AFM would have labelled them.
    family
        Of the surface.
    """

    setting: Setting
    signal: F32
    slope: F32
    afm_slope: F32 | None
    family: str


def render(
    random: np.random.Generator, setting: Setting, *, afm: bool = False, families: Mapping[str, float] | None = None
) -> Rendered:
    """A random surface in a setting.

    Parameters
    ----------
    afm
        Whether labels with an AFM's errors are made beside the true ones.
    families
        Factors on how often families of surfaces come; 1 for those not named.
    """
    shape = setting.simulator.shape
    share = np.array(SHARES) * [(families or {}).get(family, 1.0) for family in FAMILIES]
    family = str(random.choice(FAMILIES, p=share / share.sum()))
    surface = random_surface(random, shape, fine=setting.fine, family=family)
    yields = surface.relative_yield * unforeseen_yield(random, surface.height_px, shape, setting.fine)
    signal = setting.simulator(surface.height_px, yields)
    return Rendered(
        setting=setting,
        signal=signal / np.float32(setting.flat.mean()),
        slope=pixel_slopes(surface.height_px, setting.fine),
        afm_slope=_afm_slope(random, surface.height_px, setting.fine) if afm else None,
        family=surface.family,
    )


def unforeseen_yield(random: np.random.Generator, height_px: F64, shape: tuple[int, int], fine: int) -> F32:
    """A factor on the yield that no emission law foresees: other growth with tilt, slow shading.

    A network that has seen it does not take brightness for slope.
    """
    factor = np.ones(height_px.shape, np.float32)
    if random.random() < 0.6:
        down, across = np.gradient(height_px * fine)
        cosine = 1.0 / np.sqrt(1.0 + down * down + across * across)
        factor *= (((1.0 + cosine) / 2.0) ** random.normal(0.0, 1.5)).astype(np.float32)
    if random.random() < 0.3:
        length = float(np.exp(random.uniform(np.log(15.0), np.log(100.0))))
        factor *= np.exp(np.float32(random.uniform(0.0, 0.08)) * smooth_field(random, Canvas(shape, fine), length))
    return factor


def pixel_slopes(height_px: F64, fine: int) -> F32:
    """Pixel means of the slopes of heights on sub-pixels (bilinear in between), float32 [2, y, x]."""
    across, down = np.gradient(height_px, axis=1), np.gradient(height_px, axis=0)
    return np.stack([_means(part, fine) for part in (across, down)]).astype(np.float32) * np.float32(fine)


def _means(values: F64, fine: int) -> F64:
    rows, columns = values.shape[0] // fine, values.shape[1] // fine
    return np.asarray(values.reshape(rows, fine, columns, fine).mean(axis=(1, 3)))


def _afm_slope(random: np.random.Generator, height_px: F64, fine: int) -> F32:
    height = afm_like(_means(height_px, fine), random)
    return np.stack([np.gradient(height, axis=1), np.gradient(height, axis=0)]).astype(np.float32)
