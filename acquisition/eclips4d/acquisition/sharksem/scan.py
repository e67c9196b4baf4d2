"""One scan of the microscope: set up, its frames as they come, and everything left as it was found."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress

from eclips4d.acquisition.device_source import Loss, RunClock
from eclips4d.acquisition.sharksem.assembly import Assembly, Scanned, Scanning
from eclips4d.acquisition.sharksem.connection import Connection
from eclips4d.acquisition.sharksem.detectors import choose_detectors, set_up_channels
from eclips4d.acquisition.sharksem.parts import DATA, HEAD, parse_part
from eclips4d.acquisition.sharksem.readings import Readings, read_microscope
from eclips4d.acquisition.sharksem.settings import ScanSettings
from eclips4d.core.errors import SourceError

READ_EVERY_S = 2.0
"""How often the microscope is asked for its side values, between frames."""
SILENCE_S = 10.0
SILENT_SCANS = 3.0
"""A scan of which nothing comes for longer than both is taken to be broken."""
CONTINUOUS = 0


def scan(
    microscope: Connection,
    asked: ScanSettings,
    dwell_us: float,
    segments: Sequence[str],
    assembly: Assembly,
    clock: RunClock,
) -> Generator[tuple[Scanned | Scanning, Readings] | Loss, None, None]:
    """Frames, and frames that are still being scanned, each with the readings of the time before it; without end.

    Raises
    ------
    EclipsError, OSError
        The microscope refuses, or the connection broke.
    """
    microscope.open_data()
    with _hands_off(microscope), ThreadPoolExecutor(1, thread_name_prefix="eclips4d-sharksem") as beside:
        detectors = choose_detectors(microscope, asked)
        readings = read_microscope(microscope, detectors, segments)
        set_up_channels(microscope, asked, detectors)
        _start(microscope, asked, dwell_us, assembly.number)
        asking: Future[Readings] | None = None
        told = 0
        asked_s = clock.now_s()
        scan_s = asked.width * asked.height * dwell_us * 1e-6
        most_bytes = HEAD.size + asked.width * asked.height * asked.bpp // 8
        try:
            while True:
                message = microscope.read_data(most_bytes, max(SILENCE_S, SILENT_SCANS * scan_s))
                if message.name != DATA:
                    continue
                now_s = clock.now_s()
                for item in assembly.put(parse_part(message, asked.bpp), now_s):
                    yield (item, readings) if isinstance(item, Scanned) else item
                    if asking is None and now_s - asked_s > READ_EVERY_S:
                        asking, asked_s = beside.submit(read_microscope, microscope, detectors, segments), now_s
                    elif asking is not None and asking.done():
                        readings, asking = asking.result(), None
                scanning = assembly.scanning(now_s)
                if scanning is not None and scanning.data.shape[1] != told:
                    told = scanning.data.shape[1]
                    yield scanning, readings
        finally:
            if asking is not None and not asking.cancel():
                asking.exception()


@contextmanager
def _hands_off(microscope: Connection) -> Iterator[None]:
    """The microscope's own window does not scan meanwhile; afterwards nothing does but what had done so before."""
    (live,) = microscope.ask_for("i", "GUIGetScanning")
    microscope.send("GUISetScanning", 0)
    microscope.send("ScStopScan")
    try:
        yield
    finally:
        with suppress(OSError):  # gone: there is nobody to tell
            microscope.send("ScStopScan")
            if live:
                microscope.send("GUISetScanning", 1)


def _start(microscope: Connection, asked: ScanSettings, dwell_us: float, number: int) -> None:
    field_px, dwell_ns = asked.field_px, round(dwell_us * 1e3)
    window = asked.window
    scanning = ("ScScanXY", number, field_px, field_px, *window, CONTINUOUS, dwell_ns)
    (accepted,) = microscope.ask_for("i", *scanning)
    if int(accepted) < 0:
        raise SourceError(
            f"the microscope refuses to scan {asked.width} x {asked.height} pixels of {dwell_us:g} us",
            where=str(microscope.host),
            cure="choose another size or dwell time",
        )
