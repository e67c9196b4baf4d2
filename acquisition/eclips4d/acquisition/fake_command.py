"""A fake of an instrument as a command: a simulated scene, the instrument file that goes with it, until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event

from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.core.errors import EclipsError

Serve = Callable[[argparse.Namespace, SimulatedMicroscope, Event], None]


def fake_parser(
    module: str, description: str | None, sees: str, faults: str, words: Mapping[str, str]
) -> argparse.ArgumentParser:
    """Arguments that all fakes take.

    Parameters
    ----------
    module
        Of the fake, below `eclips4d.acquisition`.
    sees
        About the scene.
    faults
        How faults are written, and whose they are.
    words
        What can be broken, and how.
    """
    parser = argparse.ArgumentParser(prog=f"python -m eclips4d.acquisition.{module}", description=description)
    parser.add_argument("scene", help=sees)
    parser.add_argument("--instrument", type=Path, help="write the instrument file that goes with it")
    told = "; ".join(f"{word}: {what}" for word, what in words.items())
    parser.add_argument("--faults", default="", help=f"{faults}, of: {told}")
    return parser


def run_fake(
    parser: argparse.ArgumentParser,
    arguments: Sequence[str] | None,
    serve: Serve,
    instrument_toml: Callable[[SimulatedMicroscope], str] = lambda simulation: simulation.instrument_toml,
) -> int:
    """Serve, and return the exit code; an error is one line.

    Parameters
    ----------
    serve
        Gets the arguments, what the fake sees, and an event that Ctrl-C sets.
    instrument_toml
        Text of the instrument file.
    """
    asked = parser.parse_args(arguments)
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        simulation = simulated_microscope(asked.scene)
        simulation.check()
        if asked.instrument is not None:
            asked.instrument.parent.mkdir(parents=True, exist_ok=True)
            asked.instrument.write_text(instrument_toml(simulation), encoding="utf-8")
        serve(asked, simulation, ended)
    except (EclipsError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code if isinstance(error, EclipsError) else 1
    return 0


def tell_address(address: str) -> None:
    """Say on standard output where it is served, for people and for whoever started it."""
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
