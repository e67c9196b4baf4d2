"""What a slopes network's card says of height uncertainty, fitted on frames like those it has learned from."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.inference.models import load_model, load_networks
from eclips4d.inference.networks.height_coverage import JudgedHeight, coverage_table, judged_height
from eclips4d.inference.networks.model import NetworkModel
from eclips4d.inference.networks.pair import NetworkPair
from eclips4d.training.slopes.exposure import Camera, expose, random_camera
from eclips4d.training.slopes.rendered import Rendered, pixel_slopes
from eclips4d.training.slopes.setting import random_setting
from eclips4d.training.surfaces import FAMILIES, SHARES, random_surface

F32 = NDArray[np.float32]

FRAMES: Final = 24
SIZE_PX: Final = 224
"""Room for differences over a hundred pixels."""
_FINE = 2


def fitted_height_coverage(name: str, seed: int = 0, frames: int = FRAMES, size: int = SIZE_PX) -> dict[str, float]:
    """The `coverage` table of a model's card.

    Parameters
    ----------
    name
        `live`, `best`, or the file of a slopes network, whose card names the integrator that goes with it.
    frames, size
        Random surfaces under random microscopes, and their side, px.

    Raises
    ------
    InputError
        Weights that are missing or damaged, or a model without networks.
    """
    networks = load_networks(name)
    if networks is None:
        raise InputError(f"{name} has no networks, so no card", cure="give live, best or the file of a slopes network")
    return coverage_table([random_frame(networks, name, np.random.default_rng([seed, k]), size) for k in range(frames)])


def random_frame(networks: NetworkPair, name: str, random: np.random.Generator, size: int) -> JudgedHeight:
    """One frame through the model; gains and dark levels are known, because heights state their random part."""
    setting = random_setting(random, size, _FINE)
    surface = random_surface(random, (size, size), fine=_FINE, family=str(random.choice(FAMILIES, p=_shares())))
    signal = setting.simulator(surface.height_px, surface.relative_yield) / np.float32(setting.flat.mean())
    slope = pixel_slopes(surface.height_px, _FINE)
    camera = _faultless(random_camera(random, setting.instrument.segments))
    raw, calibration = expose(random, Rendered(setting, signal, slope, None, surface.family), camera)
    model = load_model(name, setting.instrument, networks=networks)
    assert isinstance(model, NetworkModel), "a pair of networks makes a network model"
    height = surface.height_px.reshape(size, _FINE, size, _FINE).mean(axis=(1, 3)).astype(np.float32)
    decade = f"{np.log10(camera.electrons):.0f}"
    return judged_height(model, model.slopes, raw, calibration, height, decade)


def _faultless(camera: Camera) -> Camera:
    nothing = np.zeros_like(camera.gain_error)
    return replace(camera, gain_error=nothing, dark_error_adu=nothing, noise_error=1.0)


def _shares() -> NDArray[np.float64]:
    shares = np.array(SHARES, dtype=np.float64)
    return np.asarray(shares / shares.sum())
