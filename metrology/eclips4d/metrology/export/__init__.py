"""Surfaces in the formats of other programs: Gwyddion, OME-TIFF, HDF5, CSV, and a movie to look at."""
