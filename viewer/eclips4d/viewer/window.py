"""The window: it places the panels, pulls pictures on its timer and hands what is asked for to the model."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from eclips4d.viewer import theme
from eclips4d.viewer.actions.action import key_list
from eclips4d.viewer.actions.bind import bind
from eclips4d.viewer.actions.export import export_figure
from eclips4d.viewer.actions.menus import menus_of
from eclips4d.viewer.asking import asked
from eclips4d.viewer.columns import PACE, SIDE
from eclips4d.viewer.errands import Errands
from eclips4d.viewer.exporting.figure import FIGURES
from eclips4d.viewer.memory import VERSION as DOCKS_VERSION
from eclips4d.viewer.memory import Remembered, WindowMemory
from eclips4d.viewer.model import Model, first_line
from eclips4d.viewer.notes.noting import Noting
from eclips4d.viewer.notes.pad import NotePad
from eclips4d.viewer.notices import Notices
from eclips4d.viewer.on_screen import OnScreen
from eclips4d.viewer.panels.catalogue import make_panels
from eclips4d.viewer.panels.detail_seen import detail_seen
from eclips4d.viewer.panels.docks import Docks
from eclips4d.viewer.panels.drops import Drops
from eclips4d.viewer.panels.errand_bar import ErrandBar
from eclips4d.viewer.panels.height import HeightPanel
from eclips4d.viewer.panels.keys import KeysCard
from eclips4d.viewer.panels.layouts import FIRST, LAYOUTS
from eclips4d.viewer.panels.note_bar import NoteBar
from eclips4d.viewer.panels.panel import Panel
from eclips4d.viewer.panels.profile import ProfilePanel
from eclips4d.viewer.panels.state_bar import StateBar
from eclips4d.viewer.panels.time_bar import TimeBar
from eclips4d.viewer.profile import Line
from eclips4d.viewer.pulling import TICK_MS, Pulling
from eclips4d.viewer.reader import Reader
from eclips4d.viewer.report import Report
from eclips4d.viewer.theme import DARK, PALETTES, Palette
from eclips4d.viewer.travel import Travel


class Window(QMainWindow):
    """One run, watched.

    Parameters
    ----------
    model : Model
        What is shown.
    reader : Reader
        Where pictures come from; closed with the window.
    title : str
        Name of the run.
    notices : Notices, optional
        What the store's owner publishes; closed with the window.
    report : Report, optional
        Is told how many frames were not shown.
    memory : WindowMemory, optional
        Of the window before; nothing is remembered without.
    notes : NotePad, optional
        Takes notes to the store; closed with the window.
    errands : Errands, optional
        What is asked of it besides showing its run; closed with the window.
    on_screen : OnScreen, optional
        Tells the run's owner what has been painted.
    """

    def __init__(
        self,
        model: Model,
        reader: Reader,
        *,
        title: str,
        notices: Notices | None = None,
        report: Report | None = None,
        memory: WindowMemory | None = None,
        notes: NotePad | None = None,
        errands: Errands | None = None,
        on_screen: OnScreen | None = None,
    ) -> None:
        super().__init__()
        self._gathered = QTimer(self, singleShot=True, interval=0)
        self._gathered.timeout.connect(self._paint)
        self.model = model
        self.travel = Travel(model, self.pull)
        self.notes = Noting(notes or NotePad(), model)
        self.errands = errands or Errands()
        self._on_screen = on_screen
        self._reader = reader
        self._notices = notices
        self._report = report
        self._memory = memory or WindowMemory(None)
        self._pulling = Pulling(reader)
        self.setWindowTitle(f"{title} · eclips4d")
        before = self._memory.recall()
        self.notes.pad.recall(before.recent_notes, before.note_presets)
        self._build(PALETTES.get(before.look, DARK))
        self.remembered = self.restoreGeometry(before.geometry)
        if not self.area.restoreState(before.docks, DOCKS_VERSION):
            self.arrange(FIRST)
        self._drops = Drops(self, self.errands.take)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self.draw()

    def event(self, event: QEvent) -> bool:
        """As Qt asks for it; what it wants painted is painted at once, after all panels have said what has changed.

        Each scene asks for its own paint event, so that a new frame would paint the window once for every map.
        """
        if event.type() != QEvent.Type.UpdateRequest:
            return super().event(event)
        self._gathered.start()
        return True

    def _paint(self) -> None:
        super().event(QEvent(QEvent.Type.UpdateRequest))
        if self._on_screen is not None:
            self._on_screen.painted()

    def _build(self, palette: Palette) -> None:
        """All panels in one look, instead of those before."""
        self.palette_ = palette
        self.setStyleSheet(theme.style(palette))
        self.state_bar = StateBar(palette)
        self.time_bar = TimeBar(
            on_select=self.select,
            on_step=self.step,
            on_follow=self.follow,
            on_refit=self.refit,
            on_stack=self.stack,
            on_keys=self.show_keys,
            travel=self.travel,
            palette=palette,
        )
        self.docked: dict[str, Panel] = make_panels(self)
        self.height_map.bar.dragged.connect(self._set_levels)
        self.height_map.bar.refit.connect(self.refit)
        self.area = Docks(self.docked, self._draw_panel, {name: partial(export_figure, self, name) for name in FIGURES})
        self._whole = whole = _stacked(self.state_bar, self.area, self.time_bar)
        self.setCentralWidget(whole)
        self.note_bar = NoteBar(palette, whole, self.notes)
        self.errand_bar = ErrandBar(palette, whole, self.errands)
        self.keys = KeysCard(palette, whole, [])
        self.make_menus()

    def make_menus(self) -> None:
        """Menus and the list of keys, anew: some of their entries change."""
        menus = menus_of(self)
        bind(self, menus)
        self.keys.hide()
        self.keys.deleteLater()
        self.keys = KeysCard(self.palette_, self._whole, key_list(menus))

    @property
    def height_map(self) -> HeightPanel:
        """The panel with the line."""
        panel = self.docked["height"]
        assert isinstance(panel, HeightPanel)
        return panel

    @property
    def profile(self) -> ProfilePanel:
        """The panel with what lies along the line."""
        panel = self.docked["profile"]
        assert isinstance(panel, ProfilePanel)
        return panel

    def start(self) -> None:
        """Begin to pull."""
        self._timer.start(TICK_MS)
        self.pull()

    def load(self, timeout_s: float) -> None:
        """Wait for the first picture and draw it, without the timer; for painting."""
        self._reader.ask(self.model.wanted)
        picture = self._reader.wait(timeout_s)
        if picture is not None:
            self.model.accept(picture)
        self.draw()

    def pull(self) -> None:
        """Take the newest answer if there is one, draw, and ask again when it is time."""
        self._take()
        self.draw()
        self._ask()

    def _take(self) -> bool:
        """Take what has come; whether panels have something new to draw."""
        picture, known = self._pulling.take(), self.model.measuring.answers
        is_new = picture is not None and self.model.accept(picture)
        if self._notices is not None and (notice := self._notices.newest()) is not None:
            self.model.accept_notice(notice)
        self.notes.pad.look()
        self.errands.look()
        self.model.measuring.pull(asked(self.model, self.area.in_sight))
        self.model.pace.look(self.model.condition)
        if self._report is not None:
            self._report.say(self.model.dropped, self.model.pace.shown)
        self.model.play_on()
        return is_new or self.model.measuring.answers is not known or self.model.player.playing

    def _ask(self) -> None:
        if self._pulling.is_due(self.model.wanted):
            self.model.detail = detail_seen(self.area)
            self._pulling.ask(self.model.wanted)

    def _tick(self) -> None:
        if not self._pulling.is_early(self.model.wanted, playing=self.model.player.playing):
            if self._take() or self._pulling.is_old(whole=True):
                self.draw()
            elif self._pulling.is_old(whole=False):
                self._draw_bars()
            self._ask()
        if self._timer.interval() != self._pulling.tick_ms:
            self._timer.setInterval(self._pulling.tick_ms)

    def draw(self) -> None:
        """Let every panel in sight show what the model holds."""
        self._draw_bars()
        self._pulling.drawn(whole=True)
        self.time_bar.draw(self.model)
        self.model.columns = frozenset(name for name in (SIDE, PACE) if self.area.in_sight(name))
        self.model.extras.see(doubt=self.area.in_sight("trust"), relief=self.area.in_sight("surface"))
        for name, panel in self.docked.items():
            if self.area.in_sight(name):
                panel.draw(self.model)
        if self._on_screen is not None:
            self._on_screen.drawn(self.model)

    def _draw_bars(self) -> None:
        """What runs with time."""
        self._pulling.drawn(whole=False)
        self.state_bar.draw(self.model)
        self.note_bar.draw()
        self.errand_bar.draw()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Out of sight at once; then stop the timer and the threads before the widgets go."""
        left = self._as_left()
        self.hide()
        self._timer.stop()
        self._reader.close()
        if self._notices is not None:
            self._notices.close()
            self._notices = None
        self.notes.pad.close()
        self._memory.keep(left)
        self.model.measuring.close()
        super().closeEvent(event)
        self.errands.close()

    def _as_left(self) -> Remembered:
        docks, pad = self.area.saveState(DOCKS_VERSION), self.notes.pad
        return Remembered(self.saveGeometry(), docks, self.palette_.name, pad.recent, pad.presets)

    def select(self, sequence: int) -> None:
        """Show this frame."""
        self.model.select(sequence)
        self._go()

    def step(self, frames: int) -> None:
        """Go on by some frames."""
        self.model.step(frames)
        self._go()

    def _go(self) -> None:
        self.pull()
        if self._pulling.is_answered_soon():
            self.pull()

    def follow(self, follow: bool) -> None:
        """Follow the newest frame, or stay."""
        self.model.set_follow(follow)
        self.pull()

    def refit(self) -> None:
        """Find the levels anew from the frame shown."""
        self.model.refit()
        self.profile.fit()
        self.pull()

    def stack(self, frames: int) -> None:
        """Show the mean of so many frames."""
        self.model.set_stack(frames)
        self.pull()

    def show_change(self, wanted: bool) -> None:
        """Show the change of height, or the height."""
        self.model.change_wanted = wanted
        self.pull()

    def show_doubt(self, name: str) -> None:
        """Show this map of how sure the surface is."""
        self.model.extras.doubt_name = name
        self.pull()

    def set_doubt_levels(self, low: float, high: float) -> None:
        """Show these with the ends of its colour map."""
        self.model.extras.set_doubt_levels((low, high))
        self.pull()

    def set_stretch(self, times: float) -> None:
        """Stretch heights in three dimensions."""
        self.model.extras.set_stretch(times)
        self.pull()

    def set_relief_colour(self, name: str) -> None:
        """Colour the surface in three dimensions by this."""
        self.model.extras.set_colour(name)
        self.pull()

    def fit(self) -> None:
        """Show everything in every panel."""
        for panel in self.docked.values():
            panel.fit()
        self.draw()

    def move_line(self, line: Line) -> None:
        """Measure along this line."""
        self.model.line = line
        self.profile.draw(self.model)

    def reset_line(self) -> None:
        """Put the line back to where it was first."""
        if self.model.picture.grid is not None:
            self.move_line(first_line(self.model.picture.grid))
            self.draw()

    def show_keys(self) -> None:
        """List all keys, or hide the list."""
        self.keys.toggle()

    def full_screen(self) -> None:
        """Fill the screen, or not."""
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def set_look(self, name: str) -> None:
        """Dark or light: all panels anew, where they were."""
        places = self.area.saveState(DOCKS_VERSION)
        self._build(PALETTES[name])
        self.area.restoreState(places, DOCKS_VERSION)
        self.draw()

    def has_look(self, name: str) -> bool:
        """Whether the window looks like this."""
        return self.palette_.name == name

    def other_look(self) -> None:
        """The next look."""
        names = list(PALETTES)
        self.set_look(names[(names.index(self.palette_.name) + 1) % len(names)])

    def arrange(self, layout: str) -> None:
        """Place the panels as one of the layouts says."""
        self.area.arrange(LAYOUTS[layout])

    def toggle_panel(self, name: str) -> None:
        """Show a panel, or hide it."""
        self.area.toggle(name)

    def panel_open(self, name: str) -> bool:
        """Whether a panel is open, be it behind another tab."""
        return not self.area.docks[name].isHidden()

    def _draw_panel(self, name: str) -> None:
        self.docked[name].draw(self.model)

    def _set_levels(self, low: float, high: float) -> None:
        self.model.set_height_levels((low, high))
        self.pull()


def _stacked(*widgets: QWidget) -> QWidget:
    """One above the other; the second takes what room there is."""
    whole = QWidget()
    layout = QVBoxLayout(whole)
    layout.setContentsMargins(8, 2, 8, 8)
    layout.setSpacing(8)
    for k, widget in enumerate(widgets):
        layout.addWidget(widget, 1 if k == 1 else 0)
    return whole
