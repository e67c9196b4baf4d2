"""Structured logging, configured once per process: JSON lines to a bounded file or short lines to the terminal."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

from eclips4d.core.bounded_file import BoundedFile

Level = Literal["debug", "info", "warning", "error"]
"""Least severe level that is kept."""


def configure_logging(*, stage: str = "", run_id: str = "", file: Path | None = None, level: Level = "info") -> None:
    """Send this process's log to `file` as JSON lines, or to standard error when there is none.

    Parameters
    ----------
    stage, run_id : str
        Stand on every line; left out when empty. A line about one frame has its `sequence` besides.
    file : Path, optional
        Appended to, line by line; put aside as `file.1` when it grows long.
    level : str
        Least severe level that is kept.
    """
    structlog.configure(
        processors=_processors(stage, run_id, to_file=file is not None),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=_stream(file) if file else sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.clear_contextvars()


def get_logger(**bound: object) -> FilteringBoundLogger:
    """A logger; `bound` values stand on each of its lines."""
    return cast(FilteringBoundLogger, structlog.get_logger(**bound))


def about_frame(sequence: int) -> AbstractContextManager[object]:
    """While the block runs, every line that its thread logs has this `sequence`."""
    return structlog.contextvars.bound_contextvars(sequence=sequence)


def file_logger(file: Path, *, stage: str, run_id: str, level: Level = "info") -> FilteringBoundLogger:
    """A logger of its own file, whatever the process's log is: for a process with a terminal that is somebody's."""
    logger = structlog.wrap_logger(
        structlog.WriteLogger(_stream(file)),
        processors=_processors(stage, run_id, to_file=True),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    return cast(FilteringBoundLogger, logger)


def _stream(file: Path) -> TextIO:
    return cast(TextIO, BoundedFile(file))  # structlog writes and flushes, no more


def _processors(stage: str, run_id: str, *, to_file: bool) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        _bound(run_id=run_id, stage=stage),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer() if to_file else structlog.dev.ConsoleRenderer(colors=False),
    ]


def _bound(**values: str) -> Processor:
    """Put these on every line; unlike values bound to a context, on those of other threads, too."""
    given = {name: value for name, value in values.items() if value}

    def add(_logger: object, _method: str, line: EventDict) -> EventDict:
        return {**given, **line}

    return add
