"""What may stand in `sim://SCENE?…`."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, PositiveFloat, PositiveInt, ValidationError

from eclips4d.core.errors import InputError
from eclips4d.core.settings import Settings
from eclips4d.physics.scenes import SCENES

FLOOD = "flood"
"""The scene that is only there to measure throughput."""


class SimSettings(Settings):
    """Parameters of `sim://SCENE?…`."""

    size: Annotated[int, Field(ge=8, le=8192)] = 512
    """Rows and columns."""
    fps: Annotated[float, Field(gt=0, le=1000)] = 2.0
    """Frames per second."""
    frames: PositiveInt | None = None
    """How many; without end when absent."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Same seed, same bytes."""
    dose: PositiveFloat = 1500.0
    """Electrons counted on a flat area, per pixel and segment."""
    segments: Annotated[int, Field(ge=3, le=16)] = 4
    """Detector segments."""
    pixel_nm: PositiveFloat = 4.0
    """Pixel size."""
    rotation_deg: float = 0.0
    """Scan rotation."""
    drift_px: Annotated[float, Field(ge=0, le=20)] = 0.4
    """Typical drift from one frame to the next, per axis."""
    switch_s: PositiveFloat = 12.0
    """Period of the gas switching."""
    calibrated: bool = True
    """Whether the instrument file tells gains and dark levels."""


def parse_sim(address: str) -> tuple[str, SimSettings]:
    """Scene and parameters of an address.

    Raises
    ------
    InputError
        Unknown scene or parameter, or a value out of range.
    """
    parts = urlsplit(address)
    name = parts.netloc or parts.path.strip("/")
    known = sorted([*SCENES, FLOOD])
    if parts.scheme != "sim" or name not in known:
        raise InputError(f"unknown scene {name!r}", where=address, cure=f"use one of: {', '.join(known)}")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(set(query) - set(SimSettings.model_fields))
    if unknown:
        parameters = ", ".join(SimSettings.model_fields)
        raise InputError(f"unknown parameter {unknown[0]!r}", where=address, cure=f"known are: {parameters}")
    try:
        return name, SimSettings.model_validate(query)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise InputError(f"parameter {key}: {problem['msg']}", where=address, cure="correct this value") from error
