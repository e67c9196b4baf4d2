"""What one stage process needs to know; the supervisor writes it, `eclips4d stage NAME --config FILE.toml` reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveInt

from eclips4d.acquisition.strips import MOST_STRIPS
from eclips4d.core.log import Level
from eclips4d.core.settings import Settings
from eclips4d.core.stacking import MOST_FRAMES

CONFIG_NAME = "run.toml"
PRODUCTS = ("height", "slope", "slope_sd", "height_sd", "residual", "trust")
"""What can be kept besides the raw frames, which always are."""


class Endpoints(Settings):
    """Socket addresses; ipc or loopback, any other only with keys."""

    hub: str
    """The store's owner: every stage says Hello here."""
    surfaces: str
    """Registration: workers hand their surfaces in here."""
    notices: str
    """State of the run, published by the store's owner."""
    notes: str | None = None
    """Where the store's owner takes notes from windows; absent: it takes none."""
    windows: str | None = None
    """Where the stage `windows` lets windows elsewhere look at the store; absent: nowhere."""


class Keys(Settings):
    """Which CURVE keys the sockets ask for; names of files that `eclips4d keys` has made or let in."""

    hub: str
    """Key of the host that storage runs on."""
    surfaces: str | None = None
    """Key of the host that registration runs on; absent: the same."""
    own: str | None = None
    """This host's pair; absent: the only one it has."""
    folder: Path | None = None
    """Where keys are; absent: the user's own folder."""


class RunConfig(Settings):
    """One run, as all its stages see it."""

    run_id: str
    source: str
    out: Path
    endpoints: Endpoints
    keys: Keys | None = None
    """Absent: no socket may leave the host."""
    side: dict[str, str] = Field(default_factory=dict)
    """Side streams: the address of each name."""
    instrument: Path | None = None
    speed: str = "max"
    model: str = "analytic"
    engine: Literal["auto", "openvino", "tensorrt", "torch"] = "auto"
    pixel_type: Literal["uint8", "uint16"] = "uint16"
    """What the stages get ready for; another type works too, a little later."""
    frame_shape: tuple[PositiveInt, PositiveInt] | None = None
    """Rows and columns that networks are compiled for before the first frame; absent: when it comes."""
    expected_instrument: Path | None = None
    """Text of the instrument that the stages get ready for before the first frame; absent: when it comes."""
    workers: PositiveInt = 1
    record_only: bool = False
    skip_lag_s: float | None = Field(default=None, gt=0)
    """Frames older than this are deferred; absent: keep."""
    strips: int = Field(default=0, ge=0, le=MOST_STRIPS)
    """Into how many a frame is cut for a look at it while it is scanned; below 2 it is looked at when it is whole."""
    keep: tuple[str, ...] = PRODUCTS
    stack: int | None = Field(default=None, ge=1, le=MOST_FRAMES)
    """Frames that a look at the run averages; absent: what the store says already, else 1."""
    spill_dir: Path
    """Where the sender's ring spills to."""
    ring_seconds: float = Field(default=2.0, gt=0)
    spill_bytes: PositiveInt = 2 << 30
    log_dir: Path | None = None
    log_level: Level = "info"
    metrics_port: int | None = None
    """First of the loopback ports that stages answer /metrics, /health and /ready on; absent: none."""
    ready_dir: Path | None = None
    """Where stages say that they are warm and how their loops are; absent: nobody asks."""
    patience_s: float = Field(default=60.0, gt=0)
    """A stage that says nothing, or whose loop does not turn, is borne for so long before it is replaced."""
    parent_pid: int | None = None
    """Stages end when this process is gone."""


def window_of(config: RunConfig) -> int:
    """Frames that are under way between workers and registration, at most."""
    return 2 * config.workers + 2


def to_toml(config: RunConfig) -> str:
    """The configuration as TOML that `load_toml` reads back."""
    values = config.model_dump(mode="json", exclude_none=True)
    tables = {key: values.pop(key) for key in list(values) if isinstance(values[key], dict)}
    lines = [f"{key} = {_value(value)}" for key, value in values.items()]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(value)
