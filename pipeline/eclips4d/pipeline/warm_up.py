"""Get a stage ready before the source starts, on a made-up surface: compile, draw up tables, touch memory.

The kernels are compiled once per machine and kept; that takes seconds, in which a live source would pile up frames.
What depends on the instrument and on the size of frames takes tenths of seconds, by which the first ones would be late.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.fakes import INSTRUMENT_TOML
from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import FrameHeader, RawArray
from eclips4d.core.instrument import Instrument, parse_instrument
from eclips4d.core.log import get_logger
from eclips4d.core.results import Surface
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import Model, load_model, load_networks
from eclips4d.inference.networks.pair import NetworkPair
from eclips4d.physics.detector import segment_response
from eclips4d.physics.lambert import render
from eclips4d.pipeline.config import RunConfig
from eclips4d.registration.registrar import Registrar

A = TypeVar("A", bound=NDArray[Any])
SHAPE = (192, 160)
LARGE = (336, 336)
WALL_SLOPE = 1.6
SEGMENTS = ("A", "B", "C", "D")
DARK_ADU, SIGNAL_ADU = 100.0, 80.0
"""The dark level is that of the made-up instrument; both together fit into eight bits."""


@dataclass(frozen=True, slots=True)
class Warm:
    """What a worker has ready before it hears of a source.

    Attributes
    ----------
    networks : NetworkPair, optional
        Of the run's model: they hold for every instrument.
    model : Model, optional
        For the instrument that is expected.
    instrument : str
        Fingerprint of that.
    """

    networks: NetworkPair | None = None
    model: Model | None = None
    instrument: str = ""

    def model_for(self, instrument: Instrument) -> Model | None:
        """The model, if it is for this instrument."""
        return self.model if self.instrument == instrument.fingerprint else None


def warm_worker(config: RunConfig) -> Warm:
    """Networks and model of the run, tried; of a made-up instrument where nobody knows which one comes."""
    networks, instrument = warm_networks(config), expected_instrument(config) or _instrument()
    return Warm(networks, warm_up_inference(config, networks, instrument), instrument.fingerprint)


def expected_instrument(config: RunConfig) -> Instrument | None:
    """The instrument of the source, where it has been looked at already."""
    file = config.expected_instrument
    return None if file is None else parse_instrument(file.read_text(encoding="utf-8"), str(file))


def warm_networks(config: RunConfig) -> NetworkPair | None:
    """The networks of the run's model, if it has any, with this worker's share of the cores."""
    return load_networks(config.model, config.engine, max(1, len(os.sched_getaffinity(0)) // config.workers))


def warm_up_inference(
    config: RunConfig, networks: NetworkPair | None = None, instrument: Instrument | None = None
) -> Model:
    """The run's model, tried on a frame of the pixel type and the size that are expected.

    Parameters
    ----------
    networks
        Of the model, where they are loaded already.
    instrument
        That the model is for; a made-up one when absent.
    """
    known = networks is not None or instrument is not None
    shape = config.frame_shape if known and config.frame_shape else SHAPE
    model = load_model(config.model, instrument or _instrument(), config.engine, networks)
    raw = frame(config.pixel_type, 0.0, shape, instrument)
    try:
        model(raw, estimate_calibration(raw, instrument or _instrument()))
    except InputError as error:
        get_logger().info("not tried before the first frame", why=str(error))
    return model


def warm_up_registration(config: RunConfig) -> None:
    """Register frames that have moved by a fraction of a pixel, and some of which a part moves by itself."""
    first, surface = frame(config.pixel_type, 0.0), _made_up_surface()
    registrar = Registrar.start(header(0, config.pixel_type), first, _calibration(first))
    for sequence in (0, 1, 2):
        moved = frame(config.pixel_type, 0.4 * sequence)
        registrar.register(header(sequence, config.pixel_type), moved, surface)
    registrar.register(header(3, config.pixel_type), _torn(first, frame(config.pixel_type, 1.2)), surface)
    # What evolves in large frames is looked at in tiles.
    large = config.frame_shape or LARGE
    first, moved = frame(config.pixel_type, 0.0, large), frame(config.pixel_type, 1.2, large)
    registrar = Registrar.start(header(0, config.pixel_type, large), first, _calibration(first))
    for sequence, torn in enumerate((_torn(first, moved), _torn(moved, first)), 1):
        registrar.locate(header(sequence, config.pixel_type, large), torn)


def _made_up_surface() -> Surface:
    """As it comes off the wire: read-only, which kernels are compiled for separately.

    Not inverted from a frame: the kernels of that are compiled by those who need them, at the same time as these.
    """
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float32)
    height, sd = np.sin(0.2 * x) + np.cos(0.1 * y), np.full(SHAPE, 0.1, np.float32)
    planes = {"slope": np.stack([height, -height]), "slope_sd": sd, "height": height, "height_sd": sd.copy()}
    trust = np.full(SHAPE, 100, np.uint8)
    given = {name: _read_only(plane) for name, plane in planes.items()}
    return Surface(**given, residual=_read_only(np.ones(SHAPE, np.float32)), trust=_read_only(trust))


def _torn(left: RawArray, right: RawArray) -> RawArray:
    """One frame on the left, another on the right."""
    middle = left.shape[2] // 2
    return _read_only(np.concatenate([left[:, :, :middle], right[:, :, middle:]], axis=2))


def frame(
    pixel_type: str, shift_px: float, shape: tuple[int, int] = SHAPE, instrument: Instrument | None = None
) -> RawArray:
    """A bumpy surface with a mesa that shades its surroundings, with counting noise, displaced along both axes.

    Returns
    -------
    [segment, y, x]
    """
    instrument = instrument or _instrument()
    detector, count = instrument.detector, instrument.segments
    y, x = np.mgrid[: shape[0], : shape[1]] - shift_px
    slope = np.stack([np.sin(0.21 * x + 0.8 * np.sin(0.13 * y)), np.cos(0.17 * y + 0.5 * np.sin(0.11 * x))]) * 0.2
    slope[0] += WALL_SLOPE * (np.exp(-(((x - 30.0) / 3.0) ** 4)) - np.exp(-(((x - 70.0) / 3.0) ** 4)))
    response = segment_response(instrument)
    signal = render(slope.astype(np.float32), response, SIGNAL_ADU / float(np.mean(response.flat)))
    dark, gain = (
        np.reshape(values, (count, 1, 1))
        for values in (detector.offset_adu or (DARK_ADU,) * count, detector.gain or (1.0,) * count)
    )
    mean = dark + gain * signal
    counts = np.random.default_rng(0).poisson(np.maximum(mean, 1.0))
    made: RawArray = np.clip(counts, 0, np.iinfo(pixel_type).max).astype(pixel_type)
    return _read_only(made)


def header(sequence: int, pixel_type: str, shape: tuple[int, int] = SHAPE) -> FrameHeader:
    """Header of the frame `sequence`, which takes a second."""
    return FrameHeader(
        run_id="warm-up",
        sequence=sequence,
        frame_id=sequence,
        start_s=float(sequence),
        end_s=sequence + 0.9,
        line_time_s=0.9 / shape[0],
        segments=SEGMENTS,
        dtype=pixel_type,
        shape=(len(SEGMENTS), *shape),
        pixel_size_nm=(4.0, 4.0),
        rotation_deg=0.0,
        instrument=_instrument().fingerprint,
    )


@cache
def _instrument() -> Instrument:
    return parse_instrument(INSTRUMENT_TOML, "warm-up")


def _calibration(raw: RawArray) -> Calibration:
    return estimate_calibration(raw, _instrument())


def _read_only(array: A) -> A:
    array.flags.writeable = False
    return array
