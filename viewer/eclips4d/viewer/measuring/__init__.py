"""Measuring in the window, without Qt: what is measured, what was read, and the thread that reads it."""
