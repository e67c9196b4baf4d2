"""The drift of a run in a few lines, and what its events say about alignment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.drift import DriftSeries
from eclips4d.pipeline.drift_report.content import Content
from eclips4d.viewer.datum_words import datum_rows
from eclips4d.viewer.lengths import unit_of, with_uncertainty

ABOUT_ALIGNMENT = ("align", "drift", "grid", "jump by", "reference", "registration")
"""Words that tell an event about alignment from others."""
MOST_EVENTS = 8
MOST_RANGES = 6


def summary_rows(content: Content) -> list[tuple[str, str]]:
    """Name and value of every line."""
    smoothed = [] if content.smoothed is None else _smoothed_rows(content.live, content.smoothed)
    datum = datum_rows(content.datum) if content.live.known.any() else []
    return [*_live_rows(content.live), *smoothed, *datum]


def _live_rows(series: DriftSeries) -> list[tuple[str, str]]:
    known, aligned = series.known, series.aligned
    count = int(known.sum())
    frames = f"{len(series)} committed" + ("" if count == len(series) else f", {count} with results")
    rows = [("frames", frames)]
    if not count:
        return [*rows, ("drift", "none yet: no frame has results")]
    lost = np.flatnonzero(known & ~aligned)
    share = f"{aligned.sum()} of {count} ({100 * aligned.sum() / count:.3g} %)"
    rows.append(("aligned", share + (f"; not aligned: {ranges(lost)}" if lost.size else "")))
    rows.append(("total drift", _total(series)))
    rows.append(("rms rate", _rate(series)))
    rows.append(("largest sd", _largest_sd(series)))
    rows.append(("reference grids", "; ".join(_grids(series))))
    return rows


def _smoothed_rows(live: DriftSeries, smoothed: DriftSeries) -> list[tuple[str, str]]:
    count, both = int(smoothed.known.sum()), live.known & smoothed.known
    rows = [("smoothed", f"{count} {'frame' if count == 1 else 'frames'}, each from all recorded ones")]
    if both.any():
        apart = f"{_rms(live.px[both] - smoothed.px[both]):.3g} px, {_rms(live.nm[both] - smoothed.nm[both]):.3g} nm"
        spread = f"{_rms(live.u_px[both]):.3g} px, smoothed {_rms(smoothed.u_px[both]):.3g} px"
        rows += [("live − smoothed", f"rms {apart}"), ("rms sd", f"live {spread}")]
    return rows


def alignment_events(path: Path) -> list[tuple[str, str]]:
    """When and what, from the store's `events.jsonl`: what mentions alignment, newest last; empty without the file."""
    try:
        lines = (path / "events.jsonl").read_bytes().splitlines()
    except OSError:
        return []
    found = [event for event in _decoded(lines) if any(word in str(event).lower() for word in ABOUT_ALIGNMENT)]
    rows = [(str(event.pop("time_utc", ""))[:19], _sentence(event)) for event in found[-MOST_EVENTS:]]
    more = len(found) - len(rows)
    return [("", f"{more} earlier ones in events.jsonl"), *rows] if more else rows


def ranges(frames: NDArray[np.integer]) -> str:
    """Frame numbers in short: `2, 5–7`; the rest is counted when there are many."""
    pieces = np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1)
    words = [f"{piece[0]}" if piece.size == 1 else f"{piece[0]}–{piece[-1]}" for piece in pieces]
    more = sum(piece.size for piece in pieces[MOST_RANGES:])
    return ", ".join(words[:MOST_RANGES]) + (f" and {more} more" if more else "")


def _total(series: DriftSeries) -> str:
    last = int(np.flatnonzero(series.known)[-1])
    unit = unit_of(float(np.abs(series.nm[last]).max()))
    x, y = (
        with_uncertainty(value / unit.nm, u / unit.nm, unit.name)[0]
        for value, u in zip(series.nm[last], series.u_nm[last], strict=True)
    )
    row, column = (with_uncertainty(float(value), np.nan, "px")[0] for value in series.px[last])
    predicted = "" if series.aligned[last] else ", predicted"
    return f"x {x}, y {y} (column {column}, row {row}) at frame {last}{predicted}"


def _rate(series: DriftSeries) -> str:
    measured = series.measured
    if not measured.any():
        return "not measured yet"
    rate = _rms(series.rate_px[measured])
    speed = _rms(series.velocity_nm_s[measured])
    said = f"{speed:.3g} nm/s" if np.isfinite(speed) else "frames count as taken in one instant"
    return f"{rate:.3g} px from first to last row, {said}"


def _rms(vectors: NDArray[np.float64]) -> float:
    lengths = np.hypot(*vectors.T)
    lengths = lengths[np.isfinite(lengths)]
    return float(np.sqrt(np.mean(lengths**2))) if lengths.size else np.nan


def _largest_sd(series: DriftSeries) -> str:
    spread = np.where(series.known, series.u_px.max(axis=1), -np.inf)
    frame = int(np.nanargmax(spread))
    note = "" if series.aligned[frame] else ", not aligned"
    return f"{spread[frame]:.3g} px, {series.u_nm[frame].max():.3g} nm at frame {frame}{note}"


def _grids(series: DriftSeries) -> Iterator[str]:
    references = series.references
    if len(references) == 1:
        yield f"frame {references[0]} for all"
        return
    for reference in references[:MOST_RANGES]:
        used = np.flatnonzero(series.known & (series.reference == reference))
        yield f"frame {reference} from {used[0]} to {used[-1]}"
    if len(references) > MOST_RANGES:
        yield f"{len(references) - MOST_RANGES} more"


def _decoded(lines: list[bytes]) -> Iterator[dict[str, object]]:
    for line in lines:
        try:
            event = msgspec.json.decode(line)
        except msgspec.DecodeError:
            continue  # a line that is being written
        if isinstance(event, dict):
            yield event


def _sentence(event: dict[str, object]) -> str:
    said = str(event.pop("event", ""))
    values = ", ".join(f"{name} {value}" for name, value in event.items())
    return f"{said} ({values})" if values else said
