"""A film of a store on another host: its frames come through the view service, one after the other, each of them whole.

It is written here, on the thread of the job: keys stay in this process, and what takes long is the way of the frames.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

from eclips4d.core.errors import StoreError
from eclips4d.viewer.exporting.film_plan import SUFFIXES, FilmPlan
from eclips4d.viewer.exporting.jobs import Cancelled, Job, Progress
from eclips4d.viewer.exporting.names import checked
from eclips4d.viewer.picture import Picture, Wanted
from eclips4d.viewer.reader import Frames

PATIENCE_S = 60.0


class PatientFrames:
    """Waits for the picture that is wanted, where `frames` show what came last meanwhile.

    Parameters
    ----------
    frames : Frames
        Whose looks wait a little.
    cancelled : threading.Event
        Set when nobody waits any more.
    clock : callable
        Seconds, never set back.
    """

    def __init__(self, frames: Frames, cancelled: Event, clock: Callable[[], float] = time.monotonic) -> None:
        self._frames, self._cancelled, self._clock = frames, cancelled, clock

    def look(self, wanted: Wanted) -> Picture:
        """The wanted picture, whole.

        Raises
        ------
        StoreError
            None came for a minute.
        Cancelled
            Nobody waits for it.
        """
        until = self._clock() + PATIENCE_S
        while not self._cancelled.is_set():
            picture = self._frames.look(wanted)
            if picture.wanted == wanted and picture.state is not None and not (picture.coarse or picture.trouble):
                return picture
            if self._clock() > until:
                raise StoreError(picture.trouble or "no answer", where=f"frame {wanted.sequence}", cure="try again")
        raise Cancelled

    def close(self) -> None:
        """Let go of whatever is held."""
        self._frames.close()


def film_from(make: Callable[[], Frames], plan: FilmPlan) -> Job:
    """A job that reads the frames and writes the film.

    Parameters
    ----------
    make : callable
        A line to the service; made, used and closed by the thread of the job.
    plan : FilmPlan

    Raises
    ------
    InputError
        No such file can be written.
    """
    target, count = checked(Path(plan.target), SUFFIXES), plan.last - plan.first + 1

    def write(progress: Progress) -> str:
        # Here, on the thread of the job: it takes long to import.
        from eclips4d.viewer.exporting.film_process import write_film_of

        progress.say(f"0 of {count} frames")
        frames = PatientFrames(make(), progress.cancelled)
        try:
            write_film_of(frames, plan, lambda done: progress.say(f"{done} of {count} frames"))
        finally:
            frames.close()
        return f"film written: {target}"

    return write
