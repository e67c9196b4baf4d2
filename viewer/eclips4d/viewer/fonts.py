"""Text must show on any machine: PySide6 ships no fonts, and a bare container has none either."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication

_GENERIC = {"Monospace", "Sans Serif", "Serif"}
"""Names that fontconfig promises even when there is no font behind them: every letter is then a box."""
_FACES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")


def ensure_font(app: QApplication) -> str:
    """Load the font that matplotlib ships when the system has none; its family, empty when none was needed."""
    if set(QFontDatabase.families()) - _GENERIC:
        return ""
    families = [family for face in _faces() for family in _load(face)]
    if not families:
        return ""
    font = app.font()
    font.setFamily(families[0])
    app.setFont(font)
    return families[0]


def _faces() -> list[Path]:
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        return []
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return [folder / face for face in _FACES if (folder / face).exists()]


def _load(face: Path) -> list[str]:
    return QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(face)))
