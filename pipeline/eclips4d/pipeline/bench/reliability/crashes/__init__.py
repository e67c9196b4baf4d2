"""Crashes of a whole run at known operations of its disk."""
