"""Where this user's caches are: what can be computed again, and may be deleted at any time."""

from __future__ import annotations

from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """The system's place for a user's caches: on Linux `$XDG_CACHE_HOME/eclips4d`, by default `~/.cache/eclips4d`."""
    return platformdirs.user_cache_path("eclips4d", appauthor=False)
