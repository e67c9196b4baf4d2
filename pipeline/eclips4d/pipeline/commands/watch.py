"""`eclips4d watch`: triggers on a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def watch(
    store: Path,
    /,
    *,
    trigger: Annotated[list[str], Parameter(negative="")],
    line: str | None = None,
    width: float = 0.0,
    events: str | None = None,
    mark: bool | None = None,
    since: int | None = None,
    keys: Path | None = None,
    own: str | None = None,
    parent: Annotated[int | None, Parameter(show=False)] = None,
) -> int:
    """Say when something happens in a run: drift that jumps, a residual that rises, trust that falls, steps that move.

    Example: `eclips4d watch movie.zarr --trigger "drift>2" --trigger "residual>1.5 for 3 until 1.2 hold 60"`

    A run may be writing the store: it is asked for nothing, its owner writes a mark into the run's events for each
    trigger that goes on. Of a run that has ended this prints what the triggers would have said, to choose levels by. A
    condition is a quantity, < or >, a level, and, each if wanted: `for N` frames in a row, `until LEVEL` to which the
    value has to come back (a tenth of the level when not said), `hold SECONDS` in which it does not go on again.

    drift: px from where the drift so far leads to. residual: median over the frame. trust: percent of pixels that are
    believed. step: nm that a step on the line has moved since it was told last. side_NAME: a side value.

    Ctrl-C ends it. It drives nothing: what is done about an event is up to who reads them.

    Parameters
    ----------
    store
        `RUN.zarr`.
    trigger
        A condition; may be given several times.
    line
        X0,Y0,X1,Y1 in nm, for `step`: start and end on the registered grid.
    width
        Over which is averaged across the line, nm.
    events
        Publish events as JSON at this address, such as tcp://127.0.0.1:5770; one that others can reach needs keys.
    mark
        Write marks into the run's events; by default unless the run has ended.
    since
        First frame that is told of; by default the next one, and of a run that has ended the first.
    keys
        Where keys are kept; the user's own folder when not given.
    own
        Name of this host's key pair; the only one when not given.
    parent
        Ends with this process, of which it is a child.
    """
    from numcodecs import blosc
    from rich.console import Console

    from eclips4d.pipeline.profile_report.line import parse_line
    from eclips4d.pipeline.stage import Told
    from eclips4d.pipeline.triggers.asked import conditions_of
    from eclips4d.pipeline.triggers.judge import Judge
    from eclips4d.pipeline.triggers.kept import check_kept
    from eclips4d.pipeline.triggers.marks import Marks
    from eclips4d.pipeline.triggers.seen_frames import SeenFrames
    from eclips4d.pipeline.triggers.stream import publishing
    from eclips4d.pipeline.triggers.watching import Watching, is_at_work
    from eclips4d.storage.reader import summary

    conditions = conditions_of(trigger, line)
    quantities = [condition.quantity for condition in conditions]
    on = None if line is None else parse_line(line)
    held = summary(store)
    goes_on = is_at_work(store) or not held.ended
    check_kept(quantities, held.products, len(held.source.segments), str(store))
    begin = since if since is not None else held.committed if goes_on else 0
    console = Console(markup=False, highlight=False)

    def say(words: str) -> None:
        console.print(words, soft_wrap=True)

    blosc.set_nthreads(1)  # the other processor cores are the run's
    with publishing(events, held.run_id, keys, own) as stream:
        if stream is not None:
            say(f"events are published at {stream.address}")
        marks = Marks(store, lambda why: say(f"not marked: {why}")) if (goes_on if mark is None else mark) else None
        frames = SeenFrames(store, quantities, on, width)
        watching = Watching(store, frames, Judge(conditions), say, marks, stream, begin)
        watching.run(Told(parent).go_on)
    say(watching.closing_line)
    return 0
