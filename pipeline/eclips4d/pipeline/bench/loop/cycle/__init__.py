"""Measured segments to heights, to segments, to heights."""
