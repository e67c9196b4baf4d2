"""Trains the vision field transformer on exact horizons of surfaces on which occlusion happens."""
