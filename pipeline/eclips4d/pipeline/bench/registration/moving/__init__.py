"""Scenes that move by themselves while they drift: ours and other methods."""
