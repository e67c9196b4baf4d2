"""Facets, their families and directions in the plane, against crystals known exactly."""
