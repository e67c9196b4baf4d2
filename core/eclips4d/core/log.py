"""Structured logging, configured once per process: JSON lines to a file or short lines to the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO, cast

import structlog
from structlog.typing import FilteringBoundLogger, Processor


def configure_logging(*, stage: str = "", file: Path | None = None, level: str = "info") -> TextIO:
    """Send this process's log to `file` as JSON lines, or to standard error when there is none.

    Parameters
    ----------
    stage : str
        Name that every line carries.
    file : Path, optional
        Appended to, line by line.
    level : str
        Least severe level that is kept: debug, info, warning, error.

    Returns
    -------
    TextIO
        Where the lines go, for whoever wants to close it before the process ends.
    """
    stream: TextIO = file.open("a", buffering=1, encoding="utf-8") if file else sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: Processor = structlog.processors.JSONRenderer() if file else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.clear_contextvars()
    if stage:
        structlog.contextvars.bind_contextvars(stage=stage)
    return stream


def get_logger(**bound: object) -> FilteringBoundLogger:
    """A logger; `bound` values stand on each of its lines."""
    return cast(FilteringBoundLogger, structlog.get_logger(**bound))
