"""`watch://FOLDER?…`: a folder into which other software drops images is a recording that still grows.

Nothing is lost when the reader is slow or was away: the files stay. So a frame follows from its number, as with
recordings, and a run that goes on takes up what came meanwhile.
"""

from __future__ import annotations

from eclips4d.acquisition.watch.opening import open_watched
from eclips4d.acquisition.watch.source import WatchedFolder

__all__ = ["WatchedFolder", "open_watched"]
