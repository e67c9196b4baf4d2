"""`eclips4d simulate`: a recording with known truth."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from rich.console import Console
from rich.progress import track

from eclips4d.core.errors import InputError


def simulate(
    scene: str, /, *, out: Path, frames: int = 12, size: int = 512, dose: float | None = None, seed: int = 1
) -> int:
    """Write what the simulated microscope sees as a recording, with its truth beside it.

    Example: `eclips4d simulate copper-redox --out redox.ome.tif --frames 20`

    Parameters
    ----------
    scene
        `copper-redox`.
    out
        The recording, `NAME.ome.tif`; `NAME.toml` and `NAME.truth.npz` are written beside it.
    frames
        How many.
    size
        Pixels along each side.
    dose
        Electrons detected per pixel and segment on a flat area.
    seed
        Same seed, same recording.
    """
    if not out.name.endswith(".ome.tif"):
        raise InputError("not the name of a recording", where=str(out), cure="end it in .ome.tif")
    if not out.parent.is_dir():
        raise InputError("no such folder", where=str(out.parent), cure="create it or choose another --out")
    from eclips4d.acquisition.recording_writer import write_recording
    from eclips4d.acquisition.simulated import simulated_microscope

    name = out.name.removesuffix(".ome.tif")
    for there in (out, out.with_name(f"{name}.toml"), out.with_name(f"{name}.truth.npz")):
        if there.exists():
            raise InputError("exists already", where=str(there), cure="choose another --out")

    query = {"size": size, "frames": frames, "seed": seed} | ({} if dose is None else {"dose": dose})
    microscope = simulated_microscope(f"sim://{scene}?{urlencode(query)}")
    console = Console(markup=False)
    taken = track(range(frames), description=scene, console=console, transient=True)
    write_recording(out, (microscope.frame(t) for t in taken), microscope.instrument, microscope.truth(frames))
    console.print(f"{out}: {frames} frames of {size} × {size}, with truth", soft_wrap=True)
    return 0
