"""A folder that other software fills, as a source."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event
from types import TracebackType

import msgspec

from eclips4d.acquisition.deliveries import Deliveries
from eclips4d.acquisition.source import Health
from eclips4d.acquisition.watch.address import Watching
from eclips4d.acquisition.watch.beginning import Beginning, is_whole
from eclips4d.acquisition.watch.frame_reader import FrameReader
from eclips4d.acquisition.watch.gathering import Gathered, Gathering, GivenUp
from eclips4d.acquisition.watch.settling import Settling, Stamp, listing
from eclips4d.core.errors import InputError
from eclips4d.core.frame import Frame
from eclips4d.core.log import get_logger
from eclips4d.core.source import SourceInfo

_LATER_S = 1e-3
"""Between frames whose files were saved in another order than that of their numbers."""


class WatchedFolder:
    """`Source` over the files of a folder; `eclips4d.acquisition.watch.open_watched` makes one.

    Parameters
    ----------
    info
        With `can_wait` True: files stay, whoever reads them.
    watching
        When a file is there, and when no more will come.
    begun
        How files are named.
    reader
        From files to frames.
    """

    def __init__(self, info: SourceInfo, watching: Watching, begun: Beginning, reader: FrameReader) -> None:
        self.info = info
        self._watching, self._begun, self._reader = watching, begun, reader
        self._deliveries = Deliveries(live=False)
        self._away = False

    def frames(self, start: int = 0) -> Iterator[Frame]:
        """Frames that are there and those that come, from sequence `start` on."""
        return self._deliveries.frames(lambda ended: self._in_time(start, ended))

    def stop(self) -> None:
        """End every iteration soon."""
        self._deliveries.stop()

    def health(self) -> Health:
        """Counts and state."""
        return self._deliveries.health()

    def close(self) -> None:
        """Stop."""
        self._deliveries.close()

    def __enter__(self) -> WatchedFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _in_time(self, start: int, ended: Event) -> Iterator[Frame]:
        """Whatever clock the files' times come from, a later frame starts later."""
        newest_s = float("-inf")
        for gathered in self._gathered(start, ended):
            frame = self._read(gathered)
            if frame is None:
                continue
            if frame.header.start_s <= newest_s:
                start_s = newest_s + _LATER_S
                header = msgspec.structs.replace(frame.header, start_s=start_s, end_s=start_s + self._reader.scan_s)
                frame = Frame(header, frame.data)
            newest_s = frame.header.start_s
            yield frame

    def _gathered(self, start: int, ended: Event) -> Iterator[Gathered]:
        gathering = self._gathering(start)
        last_new_s = time.monotonic()
        known: tuple[int, dict[str, Stamp]] = (0, {})
        while not ended.is_set():
            now_s = time.monotonic()
            files = self._listed(gathering)
            if files is not None and (len(gathering.done), files) != known:
                last_new_s, known = now_s, (len(gathering.done), files)
            over = self._watching.idle is not None and now_s - last_new_s > self._watching.idle + self._watching.settle
            for item in gathering.look(files or {}, now_s, last=over) if files is not None or over else ():
                if isinstance(item, GivenUp):
                    self._note_loss(item)
                else:
                    yield item
                if ended.is_set():
                    return
            if over:
                return
            ended.wait(self._watching.poll)

    def _gathering(self, start: int) -> Gathering:
        folder = self._reader.folder
        return Gathering(
            pattern=self._begun.pattern,
            segments=self._begun.segments,
            next_number=self._reader.first + start,
            settling=Settling(self._watching.settle),
            gap_s=self._watching.gap,
            whole=lambda name: is_whole(folder / name),
        )

    def _listed(self, gathering: Gathering) -> dict[str, Stamp] | None:
        """Files there, or None while the folder cannot be read, as when a network share is away."""
        try:
            files = listing(self._reader.folder, gathering.done)
        except OSError as error:
            if not self._away:
                get_logger().warning("the folder cannot be read", folder=self.info.address, error=str(error))
            self._away = True
            return None
        if self._away:
            self._away = False
            self._deliveries.count(reconnections=1)
        return files

    def _read(self, gathered: Gathered) -> Frame | None:
        try:
            return self._reader.frame(gathered)
        except (InputError, OSError) as error:
            get_logger().warning("a frame is damaged", frame=gathered.number, error=str(error))
            self._deliveries.count(lost=1, damaged=1)
            return None

    def _note_loss(self, lost: GivenUp) -> None:
        """A frame of which nothing came is told by the jump of the numbers."""
        if len(lost.missing) == len(self._begun.segments):
            return
        get_logger().warning(
            "a frame is given up", frame=lost.number, missing=", ".join(lost.missing), broken=", ".join(lost.broken)
        )
        self._deliveries.count(lost=1, damaged=1)
