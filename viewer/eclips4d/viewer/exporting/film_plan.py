"""What a film is to show: plain values that go to another process as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field

from eclips4d.viewer.doubt import DOUBTS
from eclips4d.viewer.model import Model
from eclips4d.viewer.picture import DoubtAsked, Scales, Wanted

SUBJECTS = ("height", "change", "slope", "segments", *DOUBTS)
"""What can be filmed; those of `DOUBTS` tell how sure the surface is."""
TITLES = {"height": "Height", "change": "Change of height", "slope": "Slope", "segments": "Segments"} | {
    name: kind.title for name, kind in DOUBTS.items()
}
SUFFIXES = (".mp4", ".gif")
PER_SECOND, FASTEST = 10, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmPlan:
    """One film.

    Attributes
    ----------
    store, target : str
        Where the frames are; the file, MP4 or GIF as its name ends.
    subject : str
        One of `SUBJECTS`.
    first, last : int
        Frames, both of them shown; those without what is to be shown are left out.
    per_second : float
        Frames of the film per second.
    stack : int or None
        Mean of so many frames, as the window shows it.
    scales : Scales
        Of the window; what is missing is found from some of the frames, and then stays.
    doubt : DoubtAsked or None
        With the window's levels.
    """

    store: str
    target: str
    subject: str = "height"
    first: int = 0
    last: int = 0
    per_second: float = PER_SECOND
    stack: int | None = None
    scales: Scales = field(default_factory=Scales)
    doubt: DoubtAsked | None = None

    def wanted(self, frame: int, scales: Scales, doubt: DoubtAsked | None) -> Wanted:
        """What to ask for."""
        return Wanted(frame, scales, change=self.subject == "change", stack=self.stack, doubt=doubt)


def plan_of(model: Model, store: str, target: str, subject: str, first: int, last: int, per_second: float) -> FilmPlan:
    """A film in the colours of the window."""
    doubt = DoubtAsked(subject, model.extras.levels_of(subject)) if subject in DOUBTS else None
    return FilmPlan(
        store=store,
        target=target,
        subject=subject,
        first=max(0, min(first, last)),
        last=min(max(first, last), model.last),
        per_second=per_second,
        stack=model.stack_wanted,
        scales=model.scales,
        doubt=doubt,
    )
