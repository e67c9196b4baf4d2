"""Terraces, risers and edges of a surface in two dimensions, and how edges move."""
