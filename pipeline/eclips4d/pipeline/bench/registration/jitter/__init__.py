"""Rows displaced one by one: how well that is found, and what it costs in height."""
