"""Software of a microscope that saves each segment of each frame as a file: for trying a watched folder without one.

python -m eclips4d.acquisition.watch.fake "sim://copper-redox?size=256&fps=1" shots --instrument detector.toml
"""

from __future__ import annotations

import argparse
import io
import itertools
import math
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import tifffile
from numpy.typing import NDArray

from eclips4d.acquisition.fake_command import fake_parser, run_fake, tell_address
from eclips4d.acquisition.simulated import SimulatedMicroscope
from eclips4d.core.errors import InputError
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import Instrument
from eclips4d.core.instrument_text import to_toml

_FEI_TAG = 34682
WORDS = {
    "missing": "one segment is never saved",
    "broken": "one file stays cut",
    "slowly": "one file is finished only with the next frame",
    "late": "one segment is saved after the next frame",
    "never": "the frame is not saved at all",
    "resized": "one file has another size",
}


class FakeExport:
    """Saves frames as `BSE_A_00001.tif`, …, with a header of Thermo Fisher's kind.

    Parameters
    ----------
    folder
    frame
        `frame(sequence)`.
    instrument
        Told by the headers, the detector excepted.
    faults
        Word of `WORDS` by sequence.
    """

    def __init__(
        self,
        folder: Path,
        frame: Callable[[int], Frame],
        instrument: Instrument,
        faults: Mapping[int, str] | None = None,
    ) -> None:
        self.folder = folder
        self._frame = frame
        self._header = _fei_text(instrument).encode()
        self._faults = dict(faults or {})
        self._owed: list[tuple[Path, bytes]] = []

    def save(self, sequence: int) -> None:
        """One frame, and what is owed of the one before."""
        owed, self._owed = self._owed, []
        fault = self._faults.get(sequence, "")
        if fault != "never":
            frame = self._frame(sequence)
            for k, (segment, plane) in enumerate(zip(frame.header.segments, frame.data, strict=True)):
                self._save(segment, sequence + 1, plane, fault if k == 1 else "")
        for path, content in owed:
            path.write_bytes(content)

    def _save(self, segment: str, number: int, plane: NDArray[Any], fault: str) -> None:
        path = self.folder / f"BSE_{segment}_{number:05d}.tif"
        content = self._file(plane[:-2] if fault == "resized" else plane)
        if fault in ("slowly", "late"):
            self._owed.append((path, content))
        if fault in ("broken", "slowly"):
            path.write_bytes(content[: len(content) // 2])
        elif fault not in ("missing", "late"):
            path.write_bytes(content)

    def _file(self, plane: NDArray[Any]) -> bytes:
        made = io.BytesIO()
        tifffile.imwrite(made, plane, extratags=[(_FEI_TAG, 1, len(self._header), self._header, True)], metadata=None)
        return made.getvalue()


def parse_faults(text: str) -> dict[int, str]:
    """`missing@3,broken@5`, by sequence.

    Raises
    ------
    InputError
        An unknown word.
    """
    faults: dict[int, str] = {}
    for part in filter(None, text.split(",")):
        match = re.fullmatch(r"([a-z]+)@(\d+)", part)
        if match is None or match[1] not in WORDS:
            raise InputError(f"unknown fault {part!r}", where="--faults", cure=f"say WORD@FRAME, of {', '.join(WORDS)}")
        faults[int(match[2])] = match[1]
    return faults


def export_of(simulation: SimulatedMicroscope, folder: Path, faults: str = "", loop: int | None = None) -> FakeExport:
    """What saves a simulation's frames; errors as in `parse_faults`.

    Parameters
    ----------
    loop
        Render only so many, and save them over and over.
    """
    if loop is None:
        return FakeExport(folder, simulation.frame, simulation.instrument, parse_faults(faults))
    rendered = [simulation.frame(sequence) for sequence in range(loop)]
    return FakeExport(folder, lambda k: rendered[k % loop], simulation.instrument, parse_faults(faults))


def detector_toml(instrument: Instrument) -> str:
    """The part of a description that no header tells."""
    whole = to_toml(instrument)
    return "".join(table for table in re.split(r"(?m)^(?=\[)", whole) if table.startswith("[detector]"))


def _fei_text(instrument: Instrument) -> str:
    beam, scan, detector = instrument.beam, instrument.scan, instrument.detector
    x, y = scan.pixel_size_xy_nm
    dwell = f"Dwell={1e-6 * beam.dwell_us:.9g}\n" if beam.dwell_us else ""
    return (
        f"[EBeam]\nHV={1e3 * beam.energy_kev:.9g}\nWD={1e-3 * detector.height_mm:.9g}\n"
        f"ScanRotation={math.radians(scan.rotation_deg):.9g}\n"
        f"[EScan]\nPixelWidth={1e-9 * x:.9g}\nPixelHeight={1e-9 * y:.9g}\nLineTime={scan.line_time_s:.9g}\n{dwell}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Save frames at the simulation's rate until Ctrl-C, or until as many as asked for."""
    parser = fake_parser("watch.fake", __doc__, "what it sees: sim://SCENE?size=256&fps=1…", "WORD@FRAME,…", WORDS)
    parser.add_argument("folder", type=Path, help="where its files go")
    parser.add_argument("--frames", type=int, help="end after so many")
    parser.add_argument("--loop", type=int, help="render only so many frames, and save them over and over")
    return run_fake(parser, arguments, _serve, lambda simulation: detector_toml(simulation.instrument))


def _serve(asked: argparse.Namespace, simulation: SimulatedMicroscope, ended: Event) -> None:
    asked.folder.mkdir(parents=True, exist_ok=True)
    export = export_of(simulation, asked.folder, asked.faults, asked.loop)
    tell_address(f"watch://{asked.folder}")
    period_s, begun_s = 1.0 / simulation.settings.frames_per_s, time.monotonic()
    for sequence in itertools.count() if asked.frames is None else range(asked.frames):
        if ended.wait(max(0.0, begun_s + sequence * period_s - time.monotonic())):
            break
        export.save(sequence)


if __name__ == "__main__":
    sys.exit(main())
