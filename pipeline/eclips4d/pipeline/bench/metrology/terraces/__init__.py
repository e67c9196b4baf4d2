"""Terraces and edges in two dimensions, the velocity-curvature law, coverage, volume and roughness against truth."""
