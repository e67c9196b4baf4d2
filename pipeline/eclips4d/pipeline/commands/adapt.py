"""`eclips4d adapt`: what a run itself tells beyond its model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.console import Console

from eclips4d.core.errors import InputError

if TYPE_CHECKING:
    from eclips4d.inference.synthesis.refine import Step

REFINING = "refining"


def adapt(
    store: Path,
    /,
    *,
    refine: int | None = None,
    swap: str | None = None,
    first: int | None = None,
    model: str | None = None,
    engine: Literal["auto", "openvino", "tensorrt", "torch"] = "auto",
    out: Path | None = None,
    plot: Path | None = None,
) -> int:
    """Refine one frame of a run so that its re-rendered segments are those that were measured, or change its model.

    Example: `eclips4d adapt movie.zarr --refine 12 --plot refined.png`

    Example: `eclips4d adapt movie.zarr --swap adapted.onnx`, while the run goes on

    Parameters
    ----------
    store
        The store of a run, finished or growing. Nothing in it is changed.
    refine
        A frame that matters. From its model's height another one is sought whose images, by the distilled simulator,
        make the electrons that were counted likeliest; the scale stays the calibration's. It is written as a run of one
        frame on the same grid, for `eclips4d view`, `profile` and all others. `[specimen] material` in the instrument
        file, where it is known, tells how faces steeper than the calibration's artefact emit.
    swap
        Another model, by name or ONNX file, for a run that goes on. It is copied into the store and made ready beside
        the work; then frames are inverted by it, from one frame on that is said, and none is missed. A model that
        cannot be used is refused, and the run goes on with the one it has.
    first
        The frame from which on; the first that is possible when not given.
    model
        The model whose height it begins with; the run's own when not given.
    engine
        What computes its networks.
    out
        The new store, `FILE.zarr`; `RUN-refined-FRAME.zarr` beside the run when not given.
    plot
        A picture, `FILE.png`: how the search converged, and the residual before and after.
    """
    from eclips4d.pipeline.drift_report.table import check_target

    if plot is not None:
        check_target(plot, (".png",))
    if swap is not None:
        return _swap(store, swap, first)
    if refine is None:
        raise InputError("nothing to do", where=str(store), cure="say --refine FRAME or --swap MODEL")
    return _refine(store, refine, model, engine, out, plot)


def _refine(store: Path, frame: int, model: str | None, engine: str, out: Path | None, plot: Path | None) -> int:
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
    lines = (
        f"deviance per pixel {first.deviance:.2f} → {last.deviance:.2f} in {count} steps, {how}",
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
