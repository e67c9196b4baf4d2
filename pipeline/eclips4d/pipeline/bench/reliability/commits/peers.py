"""Other streaming writers of Zarr, where they are installed: the same frames, cut into the same chunks and shards.

What they do about durability was read off their system calls. acquire-zarr writes a shard into its final file and
`fsync`s that; neither name nor metadata are synced. ome-writers with tensorstore `fsync`s each shard, renames it, and
`fsync`s the folder; it rewrites the array's metadata for every frame. Both get frames as one image of all segments
below each other, because both write shards of one image.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8] | NDArray[np.uint16]
TILE = 256


def acquire_zarr(path: Path, images: list[Image], frames: int) -> float:
    """Frames per second of acquire-zarr with our codec: blosc lz4, level 1, bit shuffling."""
    import acquire_zarr as az  # type: ignore[import-not-found,unused-ignore]

    rows, columns = images[0].shape

    def axis(name: str, kind: Any, size: int, chunk: int, chunks: int) -> Any:
        return az.Dimension(name=name, kind=kind, array_size_px=size, chunk_size_px=chunk, shard_size_chunks=chunks)

    space = az.DimensionType.SPACE
    array = az.ArraySettings(
        dimensions=[
            axis("t", az.DimensionType.TIME, 0, 1, 1),
            axis("y", space, rows, TILE, rows // TILE),
            axis("x", space, columns, TILE, columns // TILE),
        ],
        data_type=az.DataType.UINT16,
        compression=az.CompressionSettings(
            compressor=az.Compressor.BLOSC1, codec=az.CompressionCodec.BLOSC_LZ4, level=1, shuffle=2
        ),
    )
    stream = az.ZarrStream(az.StreamSettings(store_path=str(path), arrays=[array], overwrite=True))
    started = time.perf_counter()
    for k in range(frames):
        stream.append(images[k % len(images)])
    stream.close()
    return frames / (time.perf_counter() - started)


def ome_writers(path: Path, images: list[Image], frames: int) -> float:
    """Frames per second of ome-writers with tensorstore; it offers blosc lz4 at level 5 with byte shuffling only."""
    from ome_writers import (  # type: ignore[import-not-found,unused-ignore]
        AcquisitionSettings,
        Dimension,
        OmeZarrFormat,
        create_stream,
    )

    rows, columns = images[0].shape
    settings = AcquisitionSettings(
        root_path=str(path),
        dimensions=[
            Dimension(name="t", type="time", count=None, chunk_size=1, shard_size_chunks=1),
            Dimension(name="y", type="space", count=rows, chunk_size=TILE, shard_size_chunks=rows // TILE),
            Dimension(name="x", type="space", count=columns, chunk_size=TILE, shard_size_chunks=columns // TILE),
        ],
        dtype="uint16",
        compression="blosc-lz4",
        format=OmeZarrFormat(backend="tensorstore"),
        overwrite=True,
    )
    with create_stream(settings) as stream:
        started = time.perf_counter()
        for k in range(frames):
            stream.append(images[k % len(images)])
    return frames / (time.perf_counter() - started)


Peer = Callable[[Path, list[Image], int], float]
PEERS: dict[str, tuple[str, Peer]] = {
    "acquire-zarr": ("acquire_zarr", acquire_zarr),
    "ome-writers with tensorstore": ("ome_writers", ome_writers),
}
"""What each is called, imported as, and run by."""


def installed() -> dict[str, Peer]:
    """Those that can be run here: `pip install acquire-zarr "ome-writers[tensorstore]"` brings both."""
    return {name: run for name, (module, run) in PEERS.items() if find_spec(module) is not None}
