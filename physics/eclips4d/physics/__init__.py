"""Instrument geometry, emission laws and scenes: what a segmented BSE detector sees of a surface. No sockets."""
