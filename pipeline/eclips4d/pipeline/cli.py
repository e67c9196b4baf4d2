"""The command line: one module per command in `commands/`, imported when it is called.

An error is one line on standard error; exit code 2 for a wrong call or unusable input, 1 for a failure, 130 after
Ctrl-C. `--debug` shows the traceback.
"""

from __future__ import annotations

import errno
import os
import sys
from importlib.metadata import version

from cyclopts import App, CycloptsError

from eclips4d.core.errors import EclipsError
from eclips4d.core.log import configure_logging

COMMANDS = {
    "demo": "demo",
    "run": "run",
    "stage": "stage",
    "view": "view",
    "serve": "serve",
    "info": "info",
    "drift": "drift",
    "profile": "profile",
    "compare": "compare",
    "afm": "afm",
    "export": "export",
    "report": "report",
    "adapt": "adapt",
    "simulate": "simulate",
    "calibrate": "calibrate",
    "plan": "plan",
    "train": "train",
    "doctor": "doctor",
    "keys": "keys",
    "bench": "bench",
}

UNUSABLE = {errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EROFS, errno.ENOENT}
"""What the system says of paths that cannot be used."""

app = App(
    name="eclips4d",
    version=lambda: version("eclips4d"),
    help="Four-quadrant backscattered-electron frames of a running SEM become a calibrated height movie, live, and "
    "no frame is lost. `eclips4d COMMAND --help` shows an example of each; `--debug` anywhere shows the traceback "
    "of an error.",
)
for _name, _module in COMMANDS.items():
    app.command(f"eclips4d.pipeline.commands.{_module}:{_module}", name=_name)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    configure_logging(level="info" if debug else "error")
    try:
        code = app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        return _failed(" ".join(str(error).split()), 2, debug)
    except EclipsError as error:
        return _failed(str(error), error.exit_code, debug)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output (head, less) has enough; what is still buffered must not raise at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _failed(*_disk_line(error), debug)
    return code if isinstance(code, int) else 0


def _disk_line(error: OSError) -> tuple[str, int]:
    where = f"{error.filename}: " if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{where}the disk is full; free some space or choose another place", 2
    return f"{where}{error.strerror or error}", 2 if error.errno in UNUSABLE else 1


def _failed(line: str, exit_code: int, debug: bool) -> int:
    if debug:
        raise
    sys.stderr.write(f"eclips4d: {line}\n")
    return exit_code
