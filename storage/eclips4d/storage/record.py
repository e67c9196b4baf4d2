"""What the store knows about its run: the part of the group's attributes that changes from commit to commit."""

from __future__ import annotations

import base64
import binascii
import tomllib
from importlib.metadata import version
from typing import Any

import msgspec

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import StoreError
from eclips4d.core.instrument import Instrument, parse_instrument
from eclips4d.core.source import SourceInfo
from eclips4d.storage.layout import FIRST_LIVE_BLOCK, ArraySpec, axis_specs, column_specs, plane_specs, time_block

FORMAT, COMPACTED = 1, 2
"""Versions of the layout: as it is written, and with several frames per file. A reader refuses a larger one."""
VERSION = version("eclips4d")
MAX_STATE_BYTES = 64 * 1024
SCALED = ("height", "slope", "slope_sd", "height_sd")
"""Products whose attributes say how well their scale is known."""


class ModelUsed(msgspec.Struct, frozen=True, kw_only=True):
    """A model that frames of this store refer to by its place in the list, and what computed its networks.

    Attributes
    ----------
    pixels_alike : float
        How many pixels share one slope error, over those that share one value of the frame's noise: a network averages.
    """

    fingerprint: str
    name: str
    engine: str = "none"
    pixels_alike: float = 1.0


class Record(msgspec.Struct, kw_only=True):
    """State of a store.

    Attributes
    ----------
    length : int
        Entries on the disk along time.
    committed, recorded : int
        Frames whose results are settled; frames whose raw pixels are durable.
    source : SourceInfo
        With its instrument description.
    side_units : dict
        Unit of every side value that has a column.
    state : bytes
        Registration's state after the last committed frame.
    total : int or None
        Frames of the whole run, once it has ended.
    together : dict
        Frames per file of those big arrays that were compacted after the run.
    pyramids : int
        Levels of smaller images that were made after the run.
    block : int
        Entries along time per chunk of a small array; 0 in stores made before it was remembered.
    datum : bool
        Whether there are columns for the datum; absent in stores made before there was one.
    extra : dict
        What the run wants to be remembered, such as the engine.
    """

    run_id: str
    source: SourceInfo
    products: tuple[str, ...]
    stages: tuple[str, ...]
    length: int
    side_units: dict[str, str] = msgspec.field(default_factory=dict)
    committed: int = 0
    recorded: int = 0
    state: bytes = b""
    total: int | None = None
    models: list[ModelUsed] = msgspec.field(default_factory=list)
    calibrations: list[Calibration] = msgspec.field(default_factory=list)
    together: dict[str, int] = msgspec.field(default_factory=dict)
    pyramids: int = 0
    block: int = 0
    datum: bool = False
    extra: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether the source has ended and the store was trimmed."""
        return self.total is not None

    @property
    def instrument(self) -> Instrument:
        """Description of the instrument, parsed."""
        return parse_instrument(self.source.instrument_toml, "instrument of the store")

    def planes(self) -> dict[str, ArraySpec]:
        """The big arrays."""
        specs = plane_specs(self.source, self.products, self.together)
        if not self.calibrations:
            return specs
        scale = {"calibrated": self.calibrated, "scale_u": self.scale_u}
        shared = max((m.pixels_alike for m in self.models), default=1.0)
        averaging = {"noise_correlation_px": shared * max(c.noise_correlation_px for c in self.calibrations)}
        for name in set(SCALED) & set(specs):
            specs[name].attributes.update(averaging | scale if name.endswith("_sd") else scale)
        return specs

    @property
    def calibrated(self) -> bool:
        """False as soon as one calibration assumed the detector's radii: shapes hold, the scale is not known."""
        return all(c.calibrated for c in self.calibrations)

    @property
    def scale_u(self) -> float:
        """Largest relative standard uncertainty of the slope scale among the calibrations; 0 while there is none."""
        return max((c.kappa_u for c in self.calibrations), default=0.0)

    def columns(self) -> dict[str, ArraySpec]:
        """The small arrays."""
        return column_specs(self.source, self.stages, self.side_units, self.time_block, self.datum)

    @property
    def time_block(self) -> int:
        """Entries along time by which the store grows."""
        if self.block:
            return self.block
        return FIRST_LIVE_BLOCK if self.source.frames is None else time_block(self.source)

    def specs(self) -> dict[str, ArraySpec]:
        """Every array."""
        return self.planes() | self.columns() | axis_specs(self.source, self.instrument)


def to_attributes(record: Record) -> dict[str, Any]:
    """Group attributes that `from_attributes` reads back; the instrument file's text is kept as a file of its own.

    Nothing here is parsed or copied at length: it runs at every commit.
    """
    plain = msgspec.to_builtins(record, builtin_types=(bytes,))
    plain["source"]["instrument_toml"] = ""
    plain["state"] = base64.b64encode(record.state).decode()
    committed, recorded = plain.pop("committed"), plain.pop("recorded")
    layout = COMPACTED if record.together else FORMAT
    return {
        "committed": committed,
        "recorded": recorded,
        "start_utc": record.source.start_utc,
        "eclips4d": {
            "version": VERSION,
            "format": layout,
            "ended": record.ended,
            **plain,
        },
    }


def from_attributes(attributes: dict[str, Any], instrument_toml: str, where: str) -> Record:
    """Read a store's state.

    Raises
    ------
    StoreError
        The attributes are not those of a store, or of a newer version.
    """
    ours = attributes.get("eclips4d")
    if not isinstance(ours, dict) or not isinstance(ours.get("source"), dict):
        raise StoreError("is not a store of eclips4d", where=where)
    if ours.get("format") not in (FORMAT, COMPACTED):
        raise StoreError(
            f"has layout {ours.get('format')}, this version knows {COMPACTED}",
            where=where,
            cure="install a newer eclips4d",
        )
    plain = {**ours, "committed": attributes.get("committed"), "recorded": attributes.get("recorded")}
    plain["source"] = {**ours["source"], "instrument_toml": instrument_toml}
    try:
        plain["state"] = base64.b64decode(ours.get("state", ""), validate=True)
        return msgspec.convert(plain, Record, builtin_types=(bytes,))
    except (msgspec.ValidationError, binascii.Error, TypeError) as error:
        raise StoreError(f"has damaged attributes: {error}", where=where, cure="try eclips4d info --repair") from error


def described_instrument(text: str) -> dict[str, Any]:
    """The instrument file as attributes, without the frame times: the array `time` holds those."""
    said = tomllib.loads(text)
    said.get("scan", {}).pop("frame_times_s", None)
    return said
