"""What the window decides, without Qt: which frame, which scales, which line, what the state line says.

The window feeds it pictures and key presses and draws what it holds. Scales are taken from the first picture and then
stay; the newest picture replaces the one before, and what was skipped is counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from eclips4d.core.messages import Notice
from eclips4d.core.results import Status
from eclips4d.core.stacking import MOST_FRAMES
from eclips4d.metrology.change import ChangeAt
from eclips4d.viewer.disk import DiskForecast
from eclips4d.viewer.drift import DriftReadOut, drift_read_out
from eclips4d.viewer.event_marks import Mark, MarkMemory
from eclips4d.viewer.extras import Extras
from eclips4d.viewer.latency import Reach
from eclips4d.viewer.levels import quantile
from eclips4d.viewer.measuring.session import Session
from eclips4d.viewer.pace_memory import PaceMemory
from eclips4d.viewer.picture import ChangeImage, Detail, Grid, Levels, Picture, RunState, Scales, Wanted
from eclips4d.viewer.player import Player
from eclips4d.viewer.profile import Line, Profile, ReadOut, read_out, sample
from eclips4d.viewer.scan_image import ScanImage
from eclips4d.viewer.state_line import LAGGING, Condition, Mode

STALE_LEAST_S = 5.0
STALE_INTERVALS = 3.0
LONG_WAIT_S = 3.0
BEGINNING = "a run starts its stages first; on a new machine they compile, which takes a minute or two"
"""Said to whoever waits for a store that is not there yet for longer than that."""
NOTICE_HOLDS_S = 5.0
"""What a notice says is shown for so long; then its sender is taken for gone."""


class Model:
    """The state of one window.

    Parameters
    ----------
    follow : bool
        Show the newest frame, whichever it is; otherwise start at the first.
    stack : int, optional
        Frames to average; as many as the run was begun with when not given.
    clock : callable
        Seconds since the epoch.
    measuring : Session, optional
        What is drawn and read; nothing but profiles is measured without.
    """

    def __init__(
        self,
        *,
        follow: bool = True,
        stack: int | None = None,
        clock: Callable[[], float] = time.time,
        measuring: Session | None = None,
    ) -> None:
        self.follow = follow
        self.selected = 0
        self.change_wanted = False
        self.stack_wanted = stack
        self.extras = Extras()
        self.detail = Detail()
        self.player = Player()
        self._marks = MarkMemory()
        self.scales = Scales()
        self.measuring = measuring or Session()
        self.picture = Picture(Wanted())
        self.dropped = 0
        self.columns: frozenset[str] = frozenset()
        self.pace = PaceMemory()
        self.scan_late_s = 0.0
        """How long after the scan of its last row the preview that is shown came."""
        self._notice: Notice | None = None
        self._notice_at = 0.0
        self._clock = clock
        self._begun_at = clock()
        self._forecast = DiskForecast()
        self._shown: int | None = None
        self._height_at: float | None = None
        self._raw_at: float | None = None
        self._interval_s = 0.0
        self._profiled: tuple[tuple[object, ...], tuple[Profile, ReadOut] | None] | None = None

    @property
    def wanted(self) -> Wanted:
        """What to ask the store for."""
        return Wanted(
            None if self.follow else self.selected,
            self.scales,
            self.change_wanted,
            self.stack_wanted,
            self.extras.doubt,
            self.extras.relief,
            self.detail,
            self.columns,
        )

    @property
    def state(self) -> RunState | None:
        """How far the run is, as last seen."""
        return self.picture.state

    def accept(self, picture: Picture) -> bool:
        """Take the newest picture; False when it is the one already held."""
        if picture is self.picture:
            return False
        if picture.scan is not None and picture.scan is not self.picture.scan:
            self.scan_late_s = max(0.0, self._clock() - picture.scan.acquired_s)
        before, self.picture = self.picture.state, picture
        # A picture painted before the last change of scales must not bring the old ones back.
        if picture.wanted.scales == self.scales:
            self.scales = picture.scales
        if picture.state is not None:
            self._note_progress(before, picture.state)
            self._count_dropped(picture)
        if picture.surface is not None:
            self.pace.seen(picture.surface.sequence)
        if picture.doubt is not None and picture.doubt.asked.levels is None:
            self.extras.hold(picture.doubt.asked, picture.doubt.levels)
        if picture.surface is not None and picture.grid is not None:
            self.measuring.drawing.begin(first_line(picture.grid))
        return True

    @property
    def line(self) -> Line | None:
        """The line whose profile is shown."""
        return self.measuring.drawing.line

    @line.setter
    def line(self, line: Line) -> None:
        self.measuring.drawing.put_line(line)

    def accept_notice(self, notice: Notice) -> None:
        """Take what the store's owner says about the run."""
        self._notice, self._notice_at = notice, self._clock()
        self._forecast.add(self._clock(), notice.disk_free_bytes)

    @property
    def notice(self) -> Notice | None:
        """What the store's owner said last, unless it has fallen silent."""
        return self._notice if self._clock() - self._notice_at <= NOTICE_HOLDS_S else None

    @property
    def reaches(self) -> Mapping[str, Reach]:
        """How long after their last pixels frames take to each step."""
        if self.notice is not None and self.notice.latency:
            return self.notice.latency
        return {} if self.state is None else dict(self.state.reaches)

    def select(self, sequence: int) -> None:
        """Stop following and playing, and show this frame, or the nearest there is."""
        self.player.pause()
        self._show(sequence)

    def _show(self, sequence: int) -> None:
        self.follow = False
        self.selected = int(np.clip(sequence, 0, self.last))

    def step(self, frames: int) -> None:
        """Go on from the frame shown by some frames."""
        self.select(self.current + frames)

    def set_follow(self, follow: bool) -> None:
        """Show the newest frame from now on, or stay at the one shown."""
        self.player.pause()
        if follow == self.follow:
            return
        self.selected = self.current
        self.follow = follow
        self._shown = None

    def play(self, playing: bool) -> None:
        """Play from the frame shown, from the first one where the last one is shown; or stay."""
        if not playing:
            self.player.pause()
            return
        self._show(0 if self.current == self.last else self.current)
        self.player.play()

    def play_on(self) -> None:
        """Show the frame that is due, while it plays."""
        if self.player.playing and self.state is not None:
            self.selected = self.player.due(
                self.selected,
                self.state.time_s,
                is_shown=self.picture.wanted.sequence == self.selected,
                ended=self.state.ended,
            )

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What happened at which frame; the very same object as before when nothing is new."""
        return self._marks.of(self.picture)

    @property
    def stack(self) -> int:
        """Frames that are averaged at most: what was asked for, else what the run was begun with."""
        return self.stack_wanted or (1 if self.state is None else self.state.stack)

    def set_stack(self, frames: int) -> None:
        """Average so many frames from now on, or as many as one may."""
        self.stack_wanted = int(np.clip(frames, 1, MOST_FRAMES))

    def refit(self) -> None:
        """Find all scales anew from the frame shown."""
        self.scales = Scales()
        self.extras.refit()

    def set_height_levels(self, levels: Levels) -> None:
        """Show these heights, or changes of height (nm), with the ends of the colour map."""
        if levels[1] > levels[0]:
            scales = self.scales
            shown_as_height = self.change is None
            self.scales = replace(scales, height=levels) if shown_as_height else replace(scales, change=levels)

    @property
    def change(self) -> ChangeImage | None:
        """The change of height in place of the height; None while the height itself is shown."""
        return self.picture.change if self.change_wanted else None

    @property
    def last(self) -> int:
        """The newest frame there is."""
        return max(0, self.state.recorded - 1) if self.state else 0

    @property
    def current(self) -> int:
        """The frame the slider stands at."""
        if not self.follow:
            return self.selected
        surface = self.picture.surface
        return self.last if surface is None else surface.sequence

    @property
    def note(self) -> str:
        """Why there is no surface; before the first frame also for how long it has been waited, and what for."""
        waited_s = self._clock() - self._begun_at
        if (self.state is not None and self.state.recorded) or not self.picture.note or waited_s < LONG_WAIT_S:
            return self.picture.note
        words = f"{self.picture.note}\n{waited_s:.0f} s so far"
        return words if self.state is not None else f"{words}; {BEGINNING}"

    @property
    def is_live(self) -> bool:
        """The newest frame is followed, and more will come."""
        return self.follow and self.state is not None and not self.state.ended

    @property
    def lagging(self) -> bool:
        """The newest raw and an older height are shown side by side."""
        raw, surface = self.picture.raw, self.picture.surface
        if not self.follow or raw is None:
            return False
        return raw.sequence - (-1 if surface is None else surface.sequence) >= LAGGING

    def profile(self) -> tuple[Profile, ReadOut] | None:
        """The height along the line, or its change where that is shown, when there is both; sampled once."""
        of = (self.picture.surface, self.change, self.picture.grid, self.measuring.drawing.line_shape)
        if self._profiled is None or self._profiled[0] != of:
            self._profiled = of, self._profile()
        return self._profiled[1]

    def _profile(self) -> tuple[Profile, ReadOut] | None:
        if self.change is not None:
            return self._change_profile(self.change)
        surface, grid = self.picture.surface, self.picture.grid
        if self.line is None or grid is None or surface is None or surface.height is None:
            return None
        profile = sample(surface.height, self.line, grid, surface.height_sd, self._width_nm)
        return profile, read_out(profile, 0.0 if self.state is None else self.state.known_scale_u)

    @property
    def _width_nm(self) -> float:
        shape = self.measuring.drawing.line_shape
        return 0.0 if shape is None else shape.width_nm

    def _change_profile(self, image: ChangeImage) -> tuple[Profile, ReadOut] | None:
        grid, change = self.picture.grid, image.change
        if self.line is None or grid is None or change is None:
            return None
        profile = sample(change.nm, self.line, grid, change.sd_nm(), self._width_nm)
        return profile, read_out(profile, 0.0 if self.state is None else self.state.known_scale_u)

    @property
    def scan(self) -> ScanImage | None:
        """The frame that is being scanned, in place of the newest height; None while there is no preview of one."""
        return self.picture.scan if self.follow and not self.change_wanted else None

    def change_at(self, x_nm: float, y_nm: float) -> ChangeAt | None:
        """The change of height at a place of the map; None where none is shown or nothing was seen."""
        grid, image = self.picture.grid, self.change
        if grid is None or image is None or image.change is None:
            return None
        return image.change.at(*grid.pixel_at(x_nm, y_nm))

    def drift_read_out(self) -> DriftReadOut | None:
        """The drift of the frame shown; None where it has none."""
        drift = None if self.state is None else self.state.drift
        return None if drift is None else drift_read_out(drift, self.current)

    def time_of(self, sequence: int) -> float | None:
        """Start of a frame, seconds since the run's start."""
        state = self.state
        return float(state.time_s[sequence]) if state and sequence < state.time_s.size else None

    def condition(self) -> Condition:
        """Everything the state line says, now."""
        state, notice = self.state, self.notice
        if state is None or not state.recorded:
            return Condition(
                mode=Mode.WAITING,
                note=self.picture.note,
                stages=notice.stages if notice else {},
                trouble=self._trouble(notice),
            )
        surface, newest = self.picture.surface, state.newest_done
        shown = surface.sequence if surface else self.current
        last = state.recorded - 1
        lag_s = None if newest is None else float(state.time_s[last] - state.time_s[newest])
        return Condition(
            mode=self._mode(state),
            frame=shown,
            frame_id=int(state.frame_id[shown]),
            time_s=self.time_of(shown),
            age_s=None if self._height_at is None or state.ended else max(0.0, self._clock() - self._height_at),
            lag_frames=last - (-1 if newest is None else newest),
            lag_s=lag_s,
            recorded=state.recorded,
            committed=state.committed,
            total=state.total,
            dropped=self.dropped,
            free_bytes=self._forecast.free_bytes,
            full_in_s=None if state.ended else self._forecast.seconds_left(),
            gaps=state.with_status(Status.GAP),
            quarantined=state.with_status(Status.QUARANTINED),
            deferred=state.with_status(Status.DEFERRED),
            chain_lag_s=notice.lag_s if notice and not state.ended else None,
            workers=notice.workers if notice and not state.ended else None,
            stages=notice.stages if notice and not state.ended else {},
            trouble=self._trouble(notice),
            note=self.picture.note,
            coarse=self.picture.coarse,
        )

    def _trouble(self, notice: Notice | None) -> str:
        """The window's own first, then the run's."""
        return self.picture.trouble or (notice.trouble if notice else "")

    def _mode(self, state: RunState) -> Mode:
        if state.ended:
            return Mode.ENDED if self.follow or self.selected == self.last else Mode.PAUSED
        if self.stale:
            return Mode.STALE
        return Mode.LIVE if self.follow else Mode.PAUSED

    @property
    def stale(self) -> bool:
        """Raw or height stopped coming although the run has not ended."""
        if self.state is None or self.state.ended or not self.state.recorded:
            return False
        limit = max(STALE_LEAST_S, STALE_INTERVALS * self._interval_s)
        return any(at is not None and self._clock() - at > limit for at in (self._raw_at, self._height_at))

    def _note_progress(self, before: RunState | None, state: RunState) -> None:
        if state is before:
            return
        if state.free_bytes is not None and self.notice is None:
            self._forecast.add(self._clock(), state.free_bytes)
        if before is None or state.recorded > before.recorded:
            self._raw_at = state.changed_s
        if before is None or state.newest_done != before.newest_done:
            self._height_at = state.changed_s
        # Frames of a slow scan are far apart; those replayed fast come sooner than this says, never later.
        self._interval_s = quantile(np.diff(state.time_s[-32:]), 0.5) if state.recorded > 1 else 0.0

    def _count_dropped(self, picture: Picture) -> None:
        if not self.follow or picture.surface is None or picture.state is None:
            return
        shown = picture.surface.sequence
        if self._shown is not None and shown > self._shown:
            self.dropped += picture.state.with_status(Status.DONE, self._shown + 1, shown)
        self._shown = shown


def first_line(grid: Grid) -> Line:
    """Across the middle, a fifth of the width away from either side."""
    left, top, width, height = grid.rectangle_nm
    y = top + height / 2
    return (left + 0.2 * width, y), (left + 0.8 * width, y)
