"""Wiring only: the stage processes, the hub that owns the state of every frame, the supervisor, the command line."""
