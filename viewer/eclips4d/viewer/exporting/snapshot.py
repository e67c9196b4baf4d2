"""All that a figure is made of, taken from the window in one moment; nothing in it is ever changed."""

from __future__ import annotations

from dataclasses import dataclass

from eclips4d.viewer.asking import steps_shown
from eclips4d.viewer.lengths import percent
from eclips4d.viewer.measuring.answers import LineReading, LineSeries
from eclips4d.viewer.measuring.sheet import Sheet
from eclips4d.viewer.model import Model
from eclips4d.viewer.picture import ChangeImage, Picture
from eclips4d.viewer.profile import Profile


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What the window shows.

    Attributes
    ----------
    picture : Picture
    change : ChangeImage or None
        In place of the height.
    sheet : Sheet
        Lines and areas.
    profile : Profile or None
        Along the line that is shown, and what was read of it.
    run : str
        What the run is called, for the caption.
    """

    picture: Picture
    change: ChangeImage | None
    sheet: Sheet
    profile: Profile | None
    reading: LineReading | None
    series: LineSeries | None
    run: str

    @property
    def frame(self) -> int | None:
        """The frame whose surface is shown."""
        surface = self.picture.surface
        return None if surface is None else surface.sequence


def snapshot(model: Model, run: str) -> Snapshot:
    """Take it; done in a moment, on the window's thread."""
    found = model.profile()
    return Snapshot(
        model.picture,
        model.change,
        model.measuring.sheet,
        None if found is None else found[0],
        steps_shown(model),
        model.measuring.series(),
        run,
    )


def caption(of: Snapshot, what: str, frame: int | None, *, scaled: bool = True) -> str:
    """One or two sentences for below a figure: what it shows, of which run, when, and how sure its scale is.

    Parameters
    ----------
    of : Snapshot
    what : str
        What is shown, with its unit.
    frame : int or None
        None where it is of all frames.
    scaled : bool
        Whether the scale of the heights stretches it.
    """
    state, surface = of.picture.state, of.picture.surface
    words = [f"{what}. Run {of.run}"]
    if state is not None and state.run_id and state.run_id != of.run:
        words[-1] += f" ({state.run_id})"
    if frame is not None and state is not None and frame < state.time_s.size:
        words.append(f"frame {frame}")
        words.append(f"t = {state.time_s[frame]:.2f} s")
        if surface is not None and surface.stack is not None and frame == surface.sequence:
            words.append(surface.stack.words)
    elif state is not None:
        words.append(f"{state.committed} frames")
    text = ", ".join(words) + "."
    if scaled and state is not None:
        text += f" {scale_words(state.calibrated, state.scale_u)}"
    return text.strip()


def scale_words(calibrated: bool, scale_u: float) -> str:
    """How sure the scale of slopes and heights is."""
    if not calibrated:
        return "Scale of slopes and heights not calibrated."
    return f"Scale of slopes and heights ± {percent(scale_u)}, common to all." if scale_u > 0 else ""
