"""What the state line says, as text: which frame, how old, how far behind, what was missed, how much disk is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

LAGGING = 2
"""Frames from which on the height counts as lagging: one is always on its way."""
SETTLED = ("working", "ended")
"""States of a stage that need no word."""


class Tone(Enum):
    """How a value is to be taken."""

    PLAIN = "plain"
    GOOD = "good"
    NOTICE = "notice"
    ALARM = "alarm"


class Mode(Enum):
    """What the window is doing."""

    WAITING = "WAITING"
    LIVE = "LIVE"
    PAUSED = "PAUSED"
    ENDED = "ENDED"
    STALE = "STALE"


MODE_TONES = {
    Mode.WAITING: Tone.NOTICE,
    Mode.LIVE: Tone.GOOD,
    Mode.PAUSED: Tone.NOTICE,
    Mode.ENDED: Tone.PLAIN,
    Mode.STALE: Tone.ALARM,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One value with its caption; `hint` explains it and names its unit."""

    caption: str
    text: str
    hint: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Everything the state line is made of; None where nothing is known.

    Lags are of the newest height behind the newest raw frame; `dropped` counts frames that were committed while
    following but never shown; `gaps` and the like count frames of the whole run. `chain_lag_s` and `workers` are what
    the store's owner says: how long its oldest unsettled frame has waited, and how many processes invert frames;
    `stages` are the states of all stage processes, by name. `coarse` is how often maps were halved on their way.
    """

    mode: Mode
    frame: int | None = None
    frame_id: int | None = None
    time_s: float | None = None
    age_s: float | None = None
    lag_frames: int | None = None
    lag_s: float | None = None
    recorded: int = 0
    committed: int = 0
    total: int | None = None
    dropped: int = 0
    free_bytes: int | None = None
    full_in_s: float | None = None
    gaps: int = 0
    quarantined: int = 0
    deferred: int = 0
    chain_lag_s: float | None = None
    workers: int | None = None
    stages: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""
    note: str = ""
    coarse: int = 0


def cells(c: Condition) -> list[Cell]:
    """The state line, left to right."""
    line = [
        Cell("state", c.mode.value, c.note or _MODE_HINTS[c.mode], MODE_TONES[c.mode]),
        Cell("frame", _frame(c), "Frame of the height map, its start since the run's start, the hardware's own number"),
        _age(c),
        _lag(c),
        Cell("recorded · committed", _counts(c), "Frames durable on disk · frames whose results are settled"),
        Cell(
            "dropped (view)",
            str(c.dropped),
            "Frames committed while following but never shown in this window; none of them is lost",
            Tone.NOTICE if c.dropped else Tone.PLAIN,
        ),
        _disk(c),
    ]
    if c.chain_lag_s is not None and c.workers is not None:
        line.append(_chain(c.chain_lag_s, c.workers))
    if unsettled := {name: state for name, state in c.stages.items() if state not in SETTLED}:
        line.append(_stages(unsettled))
    lost = [
        f"{n} {name}" for n, name in ((c.gaps, "gap"), (c.quarantined, "quarantined"), (c.deferred, "deferred")) if n
    ]
    if lost:
        tone = Tone.ALARM if c.gaps or c.quarantined else Tone.NOTICE
        line.append(Cell("not shown", " · ".join(lost), "Frames without a surface, and why", tone))
    if c.coarse:
        hint = "The network is slow: maps come in coarse pixels first, then whole; read nothing off before"
        line.append(Cell("coarse", f"means of {2**c.coarse} × {2**c.coarse} px", hint, Tone.NOTICE))
    if c.trouble:
        line.append(Cell("trouble", c.trouble, c.trouble, Tone.ALARM))
    return line


def duration(seconds: float) -> str:
    """A time span in two significant units at most."""
    if seconds < 99.95:
        return f"{seconds:.1f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 172800:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.0f} d"


def size(count: float) -> str:
    """Bytes in decimal units."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB" if count < 999.5 else f"{count:.0f} TB"


_MODE_HINTS = {
    Mode.WAITING: "There is nothing to show yet",
    Mode.LIVE: "Following the newest frame",
    Mode.PAUSED: "Showing a chosen frame; Space follows the newest again",
    Mode.ENDED: "The run has ended; nothing more will come",
    Mode.STALE: "No new frame for much longer than frames take to come",
}


def _frame(c: Condition) -> str:
    if c.frame is None:
        return "–"
    time = "" if c.time_s is None else f"  t = {c.time_s:.2f} s"
    hardware = "" if c.frame_id is None else f"  (id {c.frame_id})"
    return f"{c.frame}{time}{hardware}"


def _age(c: Condition) -> Cell:
    tone = Tone.ALARM if c.mode is Mode.STALE else Tone.PLAIN
    text = "–" if c.age_s is None else duration(c.age_s)
    return Cell("age", text, "Since the newest height was committed", tone)


def _lag(c: Condition) -> Cell:
    hint = "How far the newest height is behind the newest raw frame, in frames and in the run's own seconds"
    if c.lag_frames is None:
        return Cell("height behind raw", "–", hint)
    if not c.lag_frames:
        return Cell("height behind raw", "0 frames", hint)
    plural = "frame" if c.lag_frames == 1 else "frames"
    seconds = "" if c.lag_s is None else f", {duration(c.lag_s)}"
    return Cell(
        "height behind raw",
        f"{c.lag_frames} {plural}{seconds}",
        hint,
        Tone.NOTICE if c.lag_frames >= LAGGING else Tone.PLAIN,
    )


def _counts(c: Condition) -> str:
    return f"{c.recorded} · {c.committed}" + ("" if c.total is None else f" of {c.total}")


def _chain(lag_s: float, workers: int) -> Cell:
    hint = "How long the oldest frame without results has waited · processes that invert frames"
    text = f"{duration(lag_s)} · {workers} {'worker' if workers == 1 else 'workers'}"
    return Cell("chain lag", text, hint, Tone.PLAIN if workers else Tone.ALARM)


def _stages(unsettled: Mapping[str, str]) -> Cell:
    text = " · ".join(f"{name} {state}" for name, state in unsettled.items())
    starting = all(state == "starting" for state in unsettled.values())
    return Cell("stages", text, "Processes that do not work at this moment", Tone.NOTICE if starting else Tone.ALARM)


def _disk(c: Condition) -> Cell:
    hint = "Room left on the store's disk · how long it lasts at the rate of the last two minutes"
    if c.free_bytes is None:
        return Cell("disk free", "–", hint)
    text = size(c.free_bytes)
    if c.full_in_s is None:
        return Cell("disk free", text, hint)
    tone = Tone.ALARM if c.full_in_s < 600 else Tone.NOTICE if c.full_in_s < 3600 else Tone.PLAIN
    return Cell("disk free", f"{text}, full in {duration(c.full_in_s)}", hint, tone)
