"""From the files of one frame to the frame: its pixels, when they were saved, and with which settings taken."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from eclips4d.acquisition.frame_files import read_frame
from eclips4d.acquisition.image_file import check_alike, look_at
from eclips4d.acquisition.recording import read_only
from eclips4d.acquisition.vendor.says import VendorSays, scan_difference, vendor_says
from eclips4d.acquisition.watch.gathering import Gathered
from eclips4d.core.errors import InputError, SourceError
from eclips4d.core.frame import Frame, FrameHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameReader:
    """Frames of a watched folder.

    Attributes
    ----------
    header
        Of sequence 0; what differs from frame to frame is filled in.
    file_shape
        (rows, columns) of every file, data bar included.
    says
        What the headers of the first frame say.
    first
        Number of sequence 0.
    started_s
        `start_utc`, in seconds of the epoch.
    """

    folder: Path
    header: FrameHeader
    file_shape: tuple[int, int]
    says: VendorSays
    first: int
    started_s: float

    def frame(self, gathered: Gathered) -> Frame:
        """One frame.

        Raises
        ------
        InputError
            A file that cannot be read, or of another size: the frame is lost.
        SourceError
            Another scan: pixel size, energy or rotation are not those of the run.
        """
        files = {segment: self.folder / name for segment, name in gathered.files.items()}
        images = {segment: look_at(file) for segment, file in files.items()}
        check_alike({image.path.name: image for image in images.values()})
        says = vendor_says({segment: image.header for segment, image in images.items()}, str(self.folder))
        changed = scan_difference(self.says.side, says.side)
        if changed:
            raise SourceError(
                f"{changed} with frame {gathered.number}",
                where=str(self.folder),
                cure="start a new run for the new scan",
            )
        data = read_frame(files, self.header.shape[1])
        if data.shape != self.header.shape or str(data.dtype) != self.header.dtype:
            raise InputError(f"{data.dtype}{data.shape} is not the size of the run", where=f"frame {gathered.number}")
        start_s = saved_s(files) - self.scan_s - self.started_s
        header = msgspec.structs.replace(
            self.header,
            sequence=gathered.number - self.first,
            frame_id=gathered.number,
            start_s=start_s,
            end_s=start_s + self.scan_s,
            side={name: value for name, value in says.side.items() if name in self.says.units},
        )
        return Frame(header, read_only(data))

    @property
    def scan_s(self) -> float:
        """From the first to the last row."""
        return self.header.line_time_s * self.header.shape[1]


def saved_s(files: dict[str, Path]) -> float:
    """When the last file of a frame was saved, s of the epoch, by the clock of whoever keeps the files."""
    return max(file.stat().st_mtime for file in files.values())
