"""Part `strips`: a slow scan with a window beside it: when its rows are on the screen, and when the whole frame is.

The window says itself when it has painted something; without a display it paints offscreen. With strips and without in
turn, so that what they cost the whole frame is seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from importlib.util import find_spec

from eclips4d.core.errors import InputError
from eclips4d.core.messages import Notice
from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.speed.context import SpeedContext
from eclips4d.pipeline.bench.speed.trial import trial
from eclips4d.pipeline.bench.viewer.chain.watched import Watched, watched
from eclips4d.pipeline.budget import Reach
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.supervisor import Supervisor

FRAME_S, STRIPS = 8.0, 8
MOST_FRAMES_LATE = 0.25
"""Of a frame's time, in which the whole frame shall be on the screen."""
UNKNOWN: Reach = (math.nan, math.nan, math.nan, -1)
TOLD = {
    "strip ready": "a strip's last row to its heights",
    "strip shown": "a strip's last row to its heights on the screen",
}


def rows(context: SpeedContext) -> list[Row]:
    """One table, for the smallest size.

    Raises
    ------
    InputError
        There is no window to be watched.
    """
    if find_spec("PySide6") is None or find_spec("pyqtgraph") is None:
        raise InputError("no window", where="bench speed --part strips", cure="pip install 'eclips4d[viewer]'")
    size = min(context.sizes)
    title = f"A slow scan, `{context.model}`, 4 × {size}², {FRAME_S:g} s a frame, {STRIPS} strips"
    found = {strips: _reaches(context, size, strips) for strips in (STRIPS, 0)}
    with_strips, frames = found[STRIPS]
    made = [Row(title, f"frames; {STRIPS - 1} previews of each but the first", float(frames))]
    for step, what in TOLD.items():
        made.append(told(title, what, with_strips.get(step, UNKNOWN), FRAME_S / STRIPS))
    for strips, (reaches, _) in found.items():
        with_or_without = "with strips" if strips else "without"
        what = f"{with_or_without}: the frame's last row to its height on the screen"
        made.append(told(title, what, reaches.get("shown", UNKNOWN), MOST_FRAMES_LATE * FRAME_S))
        what = f"{with_or_without}: the frame's last row to its results committed"
        made.append(told(title, what, reaches.get("committed", UNKNOWN)))
    return made


def told(title: str, what: str, reach: Reach, most_s: float | None = None) -> Row:
    """Median with the 99th percentile, which is held against what is wanted, and the worst."""
    middle, late, worst, frame = reach
    label = f"{what}, ms, 99th percentile [median: {middle:.0f}, worst: {worst:.0f} at frame {frame}]"
    return Row(title, label, late) if most_s is None else at_most(title, label, late, 1e3 * most_s)


def _reaches(context: SpeedContext, size: int, strips: int) -> tuple[Mapping[str, Reach], int]:
    """What the run's owner says of its latencies at the end, and of how many frames."""
    newest: list[Notice] = []

    def heard(_: Supervisor, notice: Notice) -> None:
        newest[:] = [notice]

    def beside(config: RunConfig) -> AbstractContextManager[None]:
        return watched(Watched(), config)

    with context.console.status(f"a scan of {FRAME_S:g} s a frame, {strips or 'no'} strips"):
        run = trial(size, 1.0 / FRAME_S, context.seconds, beside, heard, strips=strips, **context.settings)
    return (newest[0].latency if newest else {}), len(run.latency_ms)
