"""The dark look of the window, in one place."""

from __future__ import annotations

from typing import Final

from eclips4d.viewer.state_line import Tone

BACKGROUND: Final = "#12141a"
PANEL: Final = "#1a1d25"
EDGE: Final = "#2b303c"
TEXT: Final = "#e8eaf0"
MUTED: Final = "#98a0b3"
ACCENT: Final = "#5cc8ff"
LINE: Final = "#ff5fb0"
BAND: Final = (255, 95, 176, 80)
ALONG: Final = ("#5cc8ff", "#ff9d5c")
"""Of what goes along x and along y."""
ALONG_BANDS: Final = ((92, 200, 255, 70), (255, 157, 92, 70))

TONES: Final = {Tone.PLAIN: TEXT, Tone.GOOD: "#62d995", Tone.NOTICE: "#f2b84b", Tone.ALARM: "#ff6b6b"}
ALARM_BACKGROUND: Final = "#4a1518"

STYLE: Final = f"""
QWidget {{ background: {BACKGROUND}; color: {TEXT}; font-size: 13px; }}
QToolTip {{ background: {PANEL}; color: {TEXT}; border: 1px solid {EDGE}; padding: 4px; }}
QFrame#panel {{ background: {PANEL}; border: 1px solid {EDGE}; border-radius: 6px; }}
QFrame#panel QLabel, QFrame#panel QWidget {{ background: transparent; }}
QLabel#title {{ font-weight: 600; font-size: 14px; }}
QLabel#info {{ color: {MUTED}; }}
QLabel#caption {{ color: {MUTED}; font-size: 11px; background: transparent; }}
QLabel#value {{ font-size: 14px; font-weight: 600; background: transparent; }}
QFrame#stateline {{ background: {PANEL}; border: 1px solid {EDGE}; border-radius: 6px; }}
QFrame#stateline[alarm="true"] {{ background: {ALARM_BACKGROUND}; border-color: {TONES[Tone.ALARM]}; }}
QPushButton {{ background: {PANEL}; border: 1px solid {EDGE}; border-radius: 4px; padding: 5px 11px; }}
QPushButton:hover {{ border-color: {ACCENT}; }}
QPushButton:checked {{ background: #15384a; border-color: {ACCENT}; color: {ACCENT}; }}
QSlider {{ min-height: 24px; background: transparent; }}
QSlider::groove:horizontal {{ background: {EDGE}; height: 6px; border-radius: 3px; }}
QSlider::sub-page:horizontal {{ background: {ACCENT}; height: 6px; border-radius: 3px; }}
QSlider::handle:horizontal {{ background: {TEXT}; width: 14px; margin: -5px 0; border-radius: 7px; }}
QSplitter::handle {{ background: {BACKGROUND}; }}
QFrame#keys {{ background: {PANEL}; border: 1px solid {ACCENT}; border-radius: 8px; }}
QFrame#keys QLabel {{ background: transparent; }}
"""
