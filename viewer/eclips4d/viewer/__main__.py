"""`python -m eclips4d.viewer STORE [--png FILE] [--notices ADDRESS] [--notes ADDRESS] [--report FILE] …`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from eclips4d.core.errors import EclipsError
from eclips4d.viewer.app import paint, show
from eclips4d.viewer.leaving import end


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m eclips4d.viewer",
        description="The window on a finished or growing store.",
        epilog="example: python -m eclips4d.viewer RUN.zarr --png window.png",
    )
    parser.add_argument("store", type=Path, help="RUN.zarr; it need not exist yet")
    parser.add_argument("--png", type=Path, help="paint the window into this file instead of opening it")
    parser.add_argument("--notices", help="address at which the store's owner publishes the state of the run")
    parser.add_argument("--notes", help="address at which the store's owner takes notes")
    parser.add_argument(
        "--report", type=Path, help="file that is to hold how many frames were not shown, and how many were"
    )
    parser.add_argument("--no-follow", action="store_true", help="start at the first frame instead of the newest")
    parser.add_argument("--stack", type=int, help="frames to average; as many as the run was begun with when not given")
    given = parser.parse_args(arguments)
    try:
        if given.png is not None:
            paint(given.store, given.png, stack=given.stack)
            return 0
        follow = not given.no_follow
        ends = {"notices": given.notices, "notes": given.notes}
        return show(given.store, follow=follow, stack=given.stack, report=given.report, **ends)
    except EclipsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


if __name__ == "__main__":
    end(main())
