"""`eclips4d adapt`: what a run itself tells beyond its model."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.console import Console

from eclips4d.core.errors import InputError

if TYPE_CHECKING:
    from eclips4d.inference.synthesis.search import Step

REFINING, ADAPTING = "refining", "adapting"
NOW = "adapted"
"""Of `--swap`: the model that is adapted now."""


def adapt(
    store: Path,
    /,
    *,
    frames: int = 8,
    refine: int | None = None,
    swap: str | None = None,
    first: int | None = None,
    model: str | None = None,
    engine: Literal["auto", "openvino", "tensorrt", "torch"] = "auto",
    out: Path | None = None,
    plot: Path | None = None,
) -> int:
    """Adapt a model to a run by its own frames, refine one of them, or change the model of a run that goes on.

    Example: `eclips4d adapt movie.zarr`, then `eclips4d run SOURCE --model movie-adapted/slopes-live-adapted.onnx`

    Example: `eclips4d adapt movie.zarr --swap adapted`, while the run goes on

    Example: `eclips4d adapt movie.zarr --refine 12 --plot refined.png`

    Without `--refine` and `--swap MODEL`: frames of the run are rendered again from the heights that the model gives,
    and a small module learns what is left between these and the measured segments; contrast, gains and dark levels stay
    the calibration's. It is checked on frames that were held out. Where nothing is gained nothing is written, and the
    exit code is 1.

    Parameters
    ----------
    store
        The store of a run, finished or growing. Nothing in it is changed.
    frames
        How many frames a model is adapted to and checked on, half of them each.
    refine
        A frame that matters. From its model's height another one is sought whose images, by the distilled simulator,
        make the electrons that were counted likeliest; the scale stays the calibration's. It is written as a run of one
        frame on the same grid, for `eclips4d view`, `profile` and all others. `[specimen] material` in the instrument
        file, where it is known, tells how faces steeper than the calibration's artefact emit.
    swap
        Another model, by name or ONNX file, for a run that goes on; `adapted` for the one that is adapted now. It is
        copied into the store and made ready beside the work; then frames are inverted by it, from one frame on that is
        said, and none is missed. A model that cannot be used is refused, and the run goes on with the one it has.
    first
        The frame from which on; the first that is possible when not given.
    model
        The model that is adapted, the run's own when not given; instead of the analytic model, which cannot be, `live`
        is. Or the one whose height a refinement begins with: `best` when not given, or the run's own file.
    engine
        What computes its networks.
    out
        The folder of the adapted model, `RUN-adapted` beside the run when not given; or the store of the refined
        frame, `RUN-refined-FRAME.zarr`.
    plot
        A picture, `FILE.png`: how it converged, and what was left before and after.
    """
    from eclips4d.pipeline.drift_report.table import check_target

    if plot is not None:
        check_target(plot, (".png",))
    if swap is not None and swap != NOW:
        return _swap(store, swap, first)
    if refine is not None:
        return _refine(store, refine, model, engine, out, plot)
    adapted = _adapt(store, frames, model, engine, out, plot)
    if adapted is None:
        return 1
    return 0 if swap is None else _swap(store, str(adapted), first)


def _adapt(
    store: Path, frames: int, model: str | None, engine: str, out: Path | None, plot: Path | None
) -> Path | None:
    """The ONNX file; None where nothing is gained."""
    from eclips4d.pipeline.adaptation.adapted_model import Told, check_free, folder_of, write_adapted
    from eclips4d.pipeline.adaptation.adapting import Sample, adapt_model
    from eclips4d.pipeline.adaptation.base import base_of
    from eclips4d.pipeline.adaptation.frames_of_run import frames_of_run
    from eclips4d.pipeline.preparation import counting

    console, folder, began = Console(markup=False), out or folder_of(store), time.monotonic()

    def say(line: str) -> None:
        console.print(line, soft_wrap=True, highlight=False)

    check_free(folder)
    seen = frames_of_run(store, frames)
    base, network = base_of(store, seen, model, engine)
    with counting(console, ADAPTING, before="inverting frames") as report:
        samples = [Sample(one.frame.data, one.calibration, one.frame.header.sequence) for one in seen]
        adapted = adapt_model(samples, network, report)
    if plot is not None:
        from eclips4d.pipeline.adaptation.picture_of_run import draw as draw_course

        draw_course(adapted, store.name, plot)
    off, on = adapted.course[0], adapted.course[-1]
    say(
        f"misfit of frames held out, 1 is noise: {off:.2f} → {on:.2f}; mean tilt moved by {100 * adapted.turned:+.2f} %"
    )
    if not adapted.gained:
        say("nothing is gained on frames that were held out: nothing is written, the run goes on with its model")
        return None
    command = shlex.join(["eclips4d", *sys.argv[1:]])
    told = Told(seen[0].run_id, seen[0].snapshot.fingerprint, command, (time.monotonic() - began) / 60.0)
    made = write_adapted(folder, base, adapted, told)
    say(f"{made.where}: for eclips4d run --model, or eclips4d adapt {store} --swap; fingerprint {made.fingerprint}")
    return Path(made.where)


def _refine(store: Path, frame: int, model: str | None, engine: str, out: Path | None, plot: Path | None) -> int:
    from eclips4d.inference.synthesis.search import BLURS_PX
    from eclips4d.pipeline.adaptation.refining import refine_stored, refined_path, write_refined
    from eclips4d.pipeline.adaptation.stored import stored_frame
    from eclips4d.pipeline.preparation import counting

    console = Console(markup=False)
    seen, target = stored_frame(store, frame), out or refined_path(store, frame)
    if target.exists():
        raise InputError("there is something already", where=str(target), cure="remove it, or give another --out")
    with counting(console, REFINING, before="rendering the start") as report:

        def told(done: int, most: int, step: Step) -> None:
            report(done, most)

        outcome = refine_stored(seen, model, engine, told)
    write_refined(target, seen, outcome)
    first, last = outcome.refined.steps[0], outcome.refined.steps[-1]
    how = "settled" if outcome.refined.settled else "not settled yet"
    count = len(outcome.refined.steps) - 1
    least = " at most" if outcome.refined.blur_px <= BLURS_PX[0] else ""
    lines = (
        f"deviance per pixel {first.deviance:.2f} → {last.deviance:.2f} in {count} steps, {how}",
        f"image blurred by {outcome.refined.blur_px:.2f} px{least}",
        f"{target}: frame {frame} of {store.name}, refined from the height of {outcome.model}",
    )
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)
    if plot is not None:
        from eclips4d.pipeline.adaptation.picture import draw

        draw(outcome.refined, len(seen.frame.data), f"{store.name} frame {frame}", plot)
        console.print(f"{plot}: how the search converged", soft_wrap=True, highlight=False)
    return 0


def _swap(store: Path, name: str, first: int | None) -> int:
    from eclips4d.pipeline.adaptation.changing import change_model

    console = Console(markup=False)
    with console.status("the workers make the model ready"):
        answer = change_model(store, name, first)
    console.print(f"{store}: {name} from frame {answer.first} on", soft_wrap=True, highlight=False)
    console.print(f"fingerprint {answer.fingerprint}", soft_wrap=True, highlight=False)
    return 0
