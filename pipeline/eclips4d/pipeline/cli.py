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
    "demo": "the simulated microscope through the whole chain, with the window",
    "run": "the whole chain on a recording, images, a store or a microscope",
    "stage": "one stage alone",
    "host": "this host's share of a run over several hosts",
    "view": "the window on a finished or growing store, here or elsewhere",
    "serve": "let windows look at stores",
    "publish": "let other programs read a run, as DECTRIS Stream V2",
    "watch": "mark and tell when something happens in a run",
    "bridge": "print the script for microscopes with a closed interface",
    "mirror": "a run in a bucket (S3), also while it goes on",
    "info": "what a store or recording holds, and its health",
    "drift": "how the image content drifted, with uncertainty",
    "profile": "the steps on a line over time",
    "compare": "a run's heights against a map of another instrument",
    "afm": "bring a map of an atomic force microscope onto a run",
    "export": "surfaces for other programs",
    "report": "one self-contained page about a run",
    "adapt": "a model adapted to a run, a refined frame, another model while it goes on",
    "reprocess": "a run's raw frames again through newer models",
    "simulate": "a recording with truth",
    "calibrate": "gains, dark levels, azimuths and contrast from an artefact",
    "plan": "what can be seen, before the beam is on",
    "train": "networks from simulated images",
    "doctor": "what this machine and this file system can do",
    "keys": "the keys that hosts of one run know each other by",
    "runs": "a catalogue of many runs, and tables over them",
    "bench": "tables of accuracy and speed",
}
"""What `eclips4d --help` says of each, without importing it."""

UNUSABLE = {errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EROFS, errno.ENOENT}
"""What the system says of paths that cannot be used."""


def _app(*, listed: bool) -> App:
    """All commands; with `listed` each has one line instead of a page of its own, and none is imported for that."""
    made = App(
        name="eclips4d",
        version=lambda: version("eclips4d"),
        help="Four-quadrant backscattered-electron frames of a running SEM become a calibrated height movie, live, and "
        "no frame is lost. `eclips4d COMMAND --help` shows an example of each; `--debug` anywhere shows the traceback "
        "of an error.",
    )
    for name, said in COMMANDS.items():
        line = f"{said[0].upper()}{said[1:]}." if listed else None
        made.command(f"eclips4d.pipeline.commands.{name}:{name}", name=name, help=line)
    return made


app = _app(listed=False)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    configure_logging(level="info" if debug else "error")
    asked = app if words and words[0] not in ("--help", "-h") else _app(listed=True)
    try:
        code = asked(words, exit_on_error=False, print_error=False, result_action="return_value")
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
