"""Scenes in which nothing moves, and the same relief turned."""
