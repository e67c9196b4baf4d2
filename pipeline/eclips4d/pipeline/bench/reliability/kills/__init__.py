"""Stages of a run killed in every phase, alone and together, on a disk with room and without."""
