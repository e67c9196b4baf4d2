"""A film written by a process of its own, so that neither the window nor the run waits for it.

`python -m eclips4d.viewer.exporting.film_process` reads a plan from its standard input and tells how far it is, one
JSON object a line.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO

import msgspec

from eclips4d.core.errors import EclipsError, InputError
from eclips4d.viewer.exporting.film import film_images
from eclips4d.viewer.exporting.film_plan import SUFFIXES, FilmPlan
from eclips4d.viewer.exporting.jobs import Cancelled, Job, Progress, one_line
from eclips4d.viewer.exporting.names import checked, whole
from eclips4d.viewer.reader import Frames

QUALITY = 8.0
NICE = 10
ENDS_WITHIN_S = 5.0


class Told(msgspec.Struct, omit_defaults=True):
    """One line."""

    done: int = 0
    error: str = ""


def film_job(plan: FilmPlan) -> Job:
    """A job that starts the process and waits for it.

    Raises
    ------
    InputError
        No such file can be written.
    """
    target = checked(Path(plan.target), SUFFIXES)
    given = msgspec.json.encode(replace(plan, target=str(target)))

    def write(progress: Progress) -> str:
        command = [sys.executable, "-m", "eclips4d.viewer.exporting.film_process"]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
        assert process.stdin is not None and process.stdout is not None
        with process:
            watch = threading.Thread(target=_end_when, args=(process, progress.cancelled), name="viewer-film-watch")
            watch.start()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(given)
                process.stdin.close()
            error = _follow(process.stdout, plan.last - plan.first + 1, progress)
            process.wait()
            watch.join()
        if progress.cancelled.is_set():
            raise Cancelled
        if process.returncode or error:
            raise InputError(error or "its process ended before it was written", where=str(target), cure="try again")
        return f"film written: {target}"

    return write


def write_film_of(frames: Frames, plan: FilmPlan, on_frame: Callable[[int], object] = lambda done: None) -> None:
    """Write the film here and now.

    Raises
    ------
    InputError
        None of the frames shows anything, imageio-ffmpeg is missing, or the file cannot be written.
    """
    from eclips4d.metrology.export.film_file import write_images

    target = checked(Path(plan.target), SUFFIXES)
    images, gif = film_images(frames, plan, on_frame), target.suffix.lower() == ".gif"
    title = f"{Path(plan.store).name} {plan.subject}"
    with whole(target) as partial:
        write_images(images, partial, per_second=plan.per_second, title=title, quality=QUALITY, gif=gif)


def main() -> int:
    """Of the process; its exit code."""
    from eclips4d.viewer.store import StoreFrames

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.suppress(AttributeError, OSError):
        # A run that goes on needs the processor more.
        os.nice(NICE)
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=FilmPlan)
    frames = StoreFrames(Path(plan.store))
    try:
        write_film_of(frames, plan, lambda done: _tell(Told(done=done)))
    except (EclipsError, OSError, ValueError) as error:
        _tell(Told(error=one_line(error)))
        return 1
    finally:
        frames.close()
    return 0


def _tell(told: Told) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


def _follow(lines: IO[bytes], count: int, progress: Progress) -> str:
    """Say how far it is until it ends; what went wrong."""
    error = ""
    for line in lines:
        with contextlib.suppress(msgspec.DecodeError):
            told = msgspec.json.decode(line, type=Told)
            error = told.error or error
            if not progress.cancelled.is_set():
                progress.say(f"{told.done} of {count} frames")
    return error


def _end_when(process: subprocess.Popen[bytes], cancelled: threading.Event) -> None:
    while process.poll() is None:
        if cancelled.wait(0.1):
            process.terminate()
            try:
                process.wait(ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
            return


if __name__ == "__main__":
    sys.exit(main())
