"""The live window: it pulls the newest frame from the store, shows it, and never holds anything up.

`show` opens the window, `paint` draws the same window into a PNG without a screen. Everything that is decided rather
than drawn is in `model`, which knows no Qt.
"""

from eclips4d.viewer.app import paint, show

__all__ = ["paint", "show"]
