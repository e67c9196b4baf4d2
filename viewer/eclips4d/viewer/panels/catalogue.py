"""All panels that can be docked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from eclips4d.viewer.actions.measure import declare_wall, export_steps, export_table, note_down
from eclips4d.viewer.columns import PACE, SIDE
from eclips4d.viewer.panels.drift import DriftPanel
from eclips4d.viewer.panels.height import HeightPanel
from eclips4d.viewer.panels.kymograph import KymographPanel
from eclips4d.viewer.panels.pace import PacePanel
from eclips4d.viewer.panels.panel import Panel
from eclips4d.viewer.panels.profile import ProfilePanel
from eclips4d.viewer.panels.segments import SegmentsPanel
from eclips4d.viewer.panels.side import SidePanel
from eclips4d.viewer.panels.slope import SlopePanel
from eclips4d.viewer.panels.surface3d import Surface3dPanel
from eclips4d.viewer.panels.table import TablePanel
from eclips4d.viewer.panels.trust import TrustPanel

if TYPE_CHECKING:
    from eclips4d.viewer.window import Window


def make_panels(window: Window) -> dict[str, Panel]:
    """All panels, by name, in the look of the window."""
    palette, measuring = window.palette_, window.model.measuring
    return {
        "segments": SegmentsPanel(palette),
        "height": HeightPanel(palette, window.move_line, window.show_change),
        "slope": SlopePanel(palette),
        "trust": TrustPanel(palette, window.show_doubt, window.set_doubt_levels),
        "surface": Surface3dPanel(palette, window.set_stretch, window.set_relief_colour),
        "profile": ProfilePanel(palette, partial(declare_wall, window)),
        "drift": DriftPanel(palette),
        "kymograph": KymographPanel(palette, measuring.draw_velocity),
        "table": TablePanel(
            palette,
            partial(note_down, window),
            partial(export_table, window),
            partial(export_steps, window),
            measuring.results.remove,
        ),
        SIDE: SidePanel(palette),
        PACE: PacePanel(palette),
    }
