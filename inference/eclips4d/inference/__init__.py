"""Frames to slopes to height, with uncertainty and residual. Pure functions, no sockets."""
