"""Images of a movie into a file: H.264 in MP4, or an animated GIF."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.errors import InputError
from eclips4d.metrology.optional import needed

MP4 = ("-f", "mp4", "-movflags", "+faststart")
# Each frame has a palette of its own: one for all would have to wait for the last frame, in memory.
GIF = ("-f", "gif", "-filter_complex", "split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1")


def write_images(
    images: Iterator[NDArray[np.uint8]], path: Path, *, per_second: float, title: str, quality: float, gif: bool = False
) -> None:
    """Write images of [row, column, rgb], rows and columns even, one after the other.

    Parameters
    ----------
    images : iterator
        At least one.
    path : Path
        Whatever it is called.
    per_second : float
        Images per second.
    title : str
        In the file's metadata.
    quality : float
        0 to 10, as imageio-ffmpeg counts; a GIF has none.
    gif : bool
        Write an animated GIF.

    Raises
    ------
    InputError
        The package imageio-ffmpeg is missing, or it cannot write.
    """
    ffmpeg = needed("imageio_ffmpeg", "video", path)
    first = next(images)
    rows, columns = first.shape[:2]
    kind = {"codec": "gif", "pix_fmt_out": "pal8", "quality": None} if gif else {"quality": quality}
    writer = ffmpeg.write_frames(
        str(path),
        (columns, rows),
        fps=per_second,
        macro_block_size=2,
        output_params=[*(GIF if gif else MP4), "-metadata", f"title={title}"],
        **kind,
    )
    try:
        writer.send(None)
        writer.send(first)
        for image in images:
            writer.send(image)
    except OSError as error:
        raise InputError("the movie cannot be written", where=str(path), cure="look at the disk") from error
    finally:
        writer.close()
    if not path.is_file() or not path.stat().st_size:
        raise InputError("the movie was not written", where=str(path), cure="look at the disk")
