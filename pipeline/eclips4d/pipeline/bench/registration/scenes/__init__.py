"""Scenes that can be moved exactly, and frames of them as a detector of four segments counts them."""
