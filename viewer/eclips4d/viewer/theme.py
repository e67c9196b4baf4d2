"""The looks of the window, dark and light, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from eclips4d.viewer.state_line import Tone

Rgba = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours of one look; every panel is given one.

    Attributes
    ----------
    background, panel, edge : str
        Behind the panels, of the panels, around them.
    text, muted, accent : str
        What is read, what explains it, what is chosen.
    line, band : str, rgba
        Of the line whose profile is shown, and of its uncertainty.
    along, along_bands : tuple
        Of what goes along x and along y.
    series : tuple of str
        Of several things side by side; told apart by colour-blind eyes (Okabe and Ito), in this order.
    tones : mapping of Tone to str
    alarm_background, chosen_background : str
    """

    name: str
    background: str
    panel: str
    edge: str
    text: str
    muted: str
    accent: str
    line: str
    band: Rgba
    along: tuple[str, str]
    along_bands: tuple[Rgba, Rgba]
    series: tuple[str, ...]
    tones: Mapping[Tone, str]
    alarm_background: str
    chosen_background: str


DARK: Final = Palette(
    name="dark",
    background="#12141a",
    panel="#1a1d25",
    edge="#2b303c",
    text="#e8eaf0",
    muted="#98a0b3",
    accent="#5cc8ff",
    line="#ff5fb0",
    band=(255, 95, 176, 80),
    along=("#5cc8ff", "#ff9d5c"),
    along_bands=((92, 200, 255, 70), (255, 157, 92, 70)),
    series=("#ff5fb0", "#56b4e9", "#e69f00", "#00c896", "#f0e442", "#cc79a7", "#d5793f"),
    tones=MappingProxyType(
        {Tone.PLAIN: "#e8eaf0", Tone.GOOD: "#62d995", Tone.NOTICE: "#f2b84b", Tone.ALARM: "#ff6b6b"}
    ),
    alarm_background="#4a1518",
    chosen_background="#15384a",
)

LIGHT: Final = Palette(
    name="light",
    background="#e6e9ee",
    panel="#fbfcfd",
    edge="#c3c9d4",
    text="#14171d",
    muted="#596173",
    accent="#0069a8",
    line="#c2187a",
    band=(194, 24, 122, 60),
    along=("#0069a8", "#b8560b"),
    along_bands=((0, 105, 168, 50), (184, 86, 11, 50)),
    series=("#c2187a", "#0072b2", "#b07800", "#00795a", "#7a6f00", "#9b4a78", "#a8480a"),
    tones=MappingProxyType(
        {Tone.PLAIN: "#14171d", Tone.GOOD: "#167a3e", Tone.NOTICE: "#8f5c00", Tone.ALARM: "#b3161b"}
    ),
    alarm_background="#f9d5d6",
    chosen_background="#d3e8f6",
)

PALETTES: Final[Mapping[str, Palette]] = MappingProxyType({palette.name: palette for palette in (DARK, LIGHT)})


def style(of: Palette) -> str:
    """The style sheet of the whole window."""
    return f"""
QWidget {{ background: {of.background}; color: {of.text}; font-size: 13px; }}
QToolTip {{ background: {of.panel}; color: {of.text}; border: 1px solid {of.edge}; padding: 4px; }}
QFrame#panel, QFrame#head {{ background: {of.panel}; border: 1px solid {of.edge}; border-radius: 6px; }}
QFrame#head {{ border-bottom: none; border-bottom-left-radius: 0; border-bottom-right-radius: 0; }}
QFrame#panel {{ border-top: none; border-top-left-radius: 0; border-top-right-radius: 0; }}
QFrame#panel QLabel, QFrame#panel QWidget, QFrame#head QLabel {{ background: transparent; }}
QLabel#title {{ font-weight: 600; font-size: 14px; }}
QLabel#info {{ color: {of.muted}; }}
QLabel#caption {{ color: {of.muted}; font-size: 11px; background: transparent; }}
QLabel#value {{ font-size: 14px; font-weight: 600; background: transparent; }}
QFrame#stateline {{ background: {of.panel}; border: 1px solid {of.edge}; border-radius: 6px; }}
QFrame#stateline[alarm="true"] {{ background: {of.alarm_background}; border-color: {of.tones[Tone.ALARM]}; }}
QPushButton, QFrame#panel QPushButton, QComboBox, QFrame#panel QComboBox, QSpinBox, QLineEdit {{
  background: {of.panel}; border: 1px solid {of.edge}; border-radius: 4px; padding: 5px 11px; }}
QSpinBox {{ padding: 4px 8px; }}
QLineEdit#small {{ padding: 1px 6px; }}
QSpinBox::up-button, QSpinBox::down-button {{ width: 0; border: none; }}
QSpinBox QLineEdit {{ padding: 0; border: none; background: transparent; }}
QComboBox {{ padding-right: 22px; }}
QComboBox::drop-down {{ border: none; width: 22px; }}
QComboBox::down-arrow {{ image: none; width: 0; height: 0; margin-right: 6px;
  border-left: 4px solid {of.panel}; border-right: 4px solid {of.panel}; border-top: 5px solid {of.muted}; }}
QComboBox QAbstractItemView {{ background: {of.panel}; selection-background-color: {of.chosen_background};
  selection-color: {of.accent}; border: 1px solid {of.edge}; }}
QPushButton:hover, QComboBox:hover, QSpinBox:hover {{ border-color: {of.accent}; }}
QPushButton:checked, QFrame#panel QPushButton:checked {{
  background: {of.chosen_background}; border-color: {of.accent}; color: {of.accent}; }}
QPushButton#sign {{ padding: 5px 0; min-width: 26px; max-width: 26px; }}
QPushButton:disabled {{ color: {of.muted}; }}
QToolButton#corner {{ background: transparent; border: none; color: {of.muted}; padding: 0 3px; }}
QToolButton#corner:hover {{ color: {of.accent}; }}
QMenuBar {{ background: {of.background}; }}
QMenuBar::item {{ padding: 4px 10px; background: transparent; }}
QMenuBar::item:selected, QMenu::item:selected {{ background: {of.chosen_background}; color: {of.accent}; }}
QMenu {{ background: {of.panel}; border: 1px solid {of.edge}; padding: 4px; }}
QMenu::item {{ padding: 4px 24px 4px 20px; background: transparent; }}
QMenu::item:disabled {{ color: {of.muted}; }}
QMenu::separator {{ height: 1px; background: {of.edge}; margin: 4px 8px; }}
QTabBar {{ background: {of.background}; }}
QTabBar::tab {{ background: {of.background}; color: {of.muted}; border: 1px solid {of.edge}; border-top: none;
  padding: 3px 12px; margin-right: 2px; border-bottom-left-radius: 5px; border-bottom-right-radius: 5px; }}
QTabBar::tab:selected {{ background: {of.panel}; color: {of.accent}; }}
QTableView, QTableWidget {{ background: {of.panel}; gridline-color: {of.edge}; border: none;
  selection-background-color: {of.chosen_background}; selection-color: {of.accent}; }}
QHeaderView::section {{ background: {of.background}; color: {of.muted}; border: none; padding: 3px 8px; }}
QScrollBar {{ background: transparent; border: none; }}
QScrollBar:vertical {{ width: 10px; }}
QScrollBar:horizontal {{ height: 10px; }}
QScrollBar::handle {{ background: {of.edge}; border-radius: 4px; margin: 1px; min-height: 24px; min-width: 24px; }}
QScrollBar::handle:hover {{ background: {of.muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QSlider {{ min-height: 24px; background: transparent; }}
QSlider#marked {{ min-height: 44px; }}
QSlider::groove:horizontal {{ background: {of.edge}; height: 6px; border-radius: 3px; }}
QSlider::sub-page:horizontal {{ background: {of.accent}; height: 6px; border-radius: 3px; }}
QSlider::handle:horizontal {{ background: {of.text}; width: 14px; margin: -5px 0; border-radius: 7px; }}
QSplitter::handle, QMainWindow::separator {{ background: {of.background}; width: 7px; height: 7px; }}
QFrame#keys, QFrame#note {{ background: {of.panel}; border: 1px solid {of.accent}; border-radius: 8px; }}
QFrame#keys QWidget, QFrame#note QLabel {{ background: transparent; }}
"""
