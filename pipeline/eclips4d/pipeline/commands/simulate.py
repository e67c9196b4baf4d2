"""`eclips4d simulate`: a recording with known truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qsl, urlencode

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from eclips4d.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from eclips4d.acquisition.simulated import SimulatedMicroscope
    from eclips4d.core.frame import Frame

FRAMES = 12
NOT_RECORDED = {"faults", "render"}
"""Parameters of a live source."""


def simulate(
    scene: str,
    /,
    *,
    out: Path | None = None,
    frames: int | None = None,
    size: str | None = None,
    dose: float | None = None,
    seed: int | None = None,
    set_: Annotated[tuple[str, ...], Parameter(name="--set")] = (),
    parameters: Annotated[bool, Parameter(negative=())] = False,
    scheduler: str | None = None,
    workers: int | None = None,
) -> int:
    """Write what the simulated microscope sees as a recording, with its truth beside it.

    Example: `eclips4d simulate copper-redox --out redox.ome.tif --frames 20 --set emission=Cu --set effects=typical`

    The frames are those that `sim://SCENE?…` sends live with the same parameters.

    Parameters
    ----------
    scene
        `copper-redox` or another scene, also with parameters as in an address: `copper-redox?size=640x480&fps=1`.
    out
        The recording, `NAME.ome.tif`; `NAME.toml` and `NAME.truth.npz` are written beside it.
    frames
        How many; 12 when nothing says so.
    size
        Pixels, COLUMNSxROWS or one number for both.
    dose
        Electrons detected per pixel and segment on a flat area.
    seed
        Same seed, same recording.
    set_
        KEY=VALUE: any other parameter of `sim://`; may be given several times.
    parameters
        Only list what can be set for this scene.
    scheduler
        Render on the workers of a Dask scheduler, such as `tcp://head:8786`, that see the folder of `--out`.
    workers
        Render in so many processes on this host. The recording is the same, byte for byte.
    """
    if parameters:
        show_parameters(scene, Console(markup=False))
        return 0
    if out is None:
        raise InputError("no name for the recording", where="--out", cure="give --out NAME.ome.tif")
    from eclips4d.acquisition.recording_writer import write_recording
    from eclips4d.acquisition.simulated import simulated_microscope
    from eclips4d.pipeline.preparation import counting

    _check_free(out)
    given = {"frames": frames, "size": size, "dose": dose, "seed": seed}
    options = {key: str(value) for key, value in given.items() if value is not None}
    address = recorded_address(scene, options, set_)
    microscope = simulated_microscope(address)
    microscope.check()
    count = microscope.settings.frames
    assert count is not None
    console = Console(markup=False)
    with _rendering(scheduler, workers, microscope, address, out) as (heights, taken):
        with counting(console, "truth") as report:
            truth = microscope.truth(count, report, heights)
        with counting(console, microscope.scene_name) as report:
            write_recording(out, _reported(taken, count, report), microscope.instrument, truth)
    columns, rows = microscope.settings.size
    console.print(
        f"{out}: {count} {'frame' if count == 1 else 'frames'} of {columns} × {rows}, with truth", soft_wrap=True
    )
    return 0


def recorded_address(scene: str, options: Mapping[str, str], settings: Iterable[str]) -> str:
    """The address of what is to be recorded: the scene with its query, the command's options and its settings.

    Raises
    ------
    InputError
        A setting that is not KEY=VALUE, or faults: a recording has none.
    """
    name, _, query = scene.removeprefix("sim://").partition("?")
    words = [*parse_qsl(query, keep_blank_values=True), *options.items(), *map(_key_and_value, settings)]
    keys = {key for key, _ in words}
    if keys & NOT_RECORDED:
        raise InputError(f"a recording has no {min(keys & NOT_RECORDED)}", where=scene, cure="leave it out")
    if "frames" not in keys:
        words.append(("frames", str(FRAMES)))
    return f"sim://{name}?{urlencode(words, safe=',:@')}"


def show_parameters(scene: str, console: Console) -> None:
    """Print what can be set for a scene, with defaults and meaning.

    Raises
    ------
    InputError
        No such scene.
    """
    from eclips4d.acquisition.sim_address import parse_sim
    from eclips4d.acquisition.sim_parameters import effect_parameters, microscope_parameters, scene_parameters

    name = parse_sim(f"sim://{scene.removeprefix('sim://')}").scene
    groups = {
        f"of the scene {name}": scene_parameters(name),
        "of the microscope": microscope_parameters(),
        "effects=NAME or NAME:VALUE": effect_parameters(),
    }
    for title, rows in groups.items():
        table = Table("", "default", "", title=title, title_justify="left", box=None, title_style="bold")
        for row in rows:
            table.add_row(*row)
        console.print(table, highlight=False)


def _key_and_value(setting: str) -> tuple[str, str]:
    key, equals, value = setting.partition("=")
    if not (key and equals):
        raise InputError(f"{setting!r} is not KEY=VALUE", where="--set", cure="write for example --set fps=1")
    return key.strip(), value.strip()


@contextmanager
def _rendering(
    scheduler: str | None, workers: int | None, microscope: SimulatedMicroscope, address: str, out: Path
) -> Iterator[tuple[Iterator[NDArray[np.float32]] | None, Iterator[Frame]]]:
    """True heights, where others render them, and frames: of this process, or of workers for the block."""
    count = microscope.settings.frames or 0
    if scheduler is None and workers is None:
        yield None, (microscope.frame(k) for k in range(count))
        return
    from eclips4d.pipeline.cluster.dask_pool import dask_pool
    from eclips4d.pipeline.cluster.shares import shares
    from eclips4d.pipeline.cluster.staging import staging_folder, sweep
    from eclips4d.pipeline.shared_rendering import rendered_frames, rendered_heights

    folder = staging_folder(out)
    with dask_pool(scheduler, shares(scheduler, workers)[0]) as pool:
        folder.mkdir(exist_ok=True)
        try:
            yield rendered_heights(pool, address, count, folder), rendered_frames(pool, address, count, folder)
        finally:
            sweep(folder)


def _reported(taken: Iterator[Frame], count: int, report: Callable[[int, int], None]) -> Iterator[Frame]:
    report(0, count)
    for done, frame in enumerate(taken, 1):
        yield frame
        report(done, count)


def _check_free(out: Path) -> None:
    if not out.name.endswith(".ome.tif"):
        raise InputError("not the name of a recording", where=str(out), cure="end it in .ome.tif")
    if not out.parent.is_dir():
        raise InputError("no such folder", where=str(out.parent), cure="create it or choose another --out")
    name = out.name.removesuffix(".ome.tif")
    for there in (out, out.with_name(f"{name}.toml"), out.with_name(f"{name}.truth.npz")):
        if there.exists():
            raise InputError("exists already", where=str(there), cure="choose another --out")
