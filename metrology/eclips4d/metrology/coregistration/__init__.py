"""A height map measured elsewhere, by an atomic force microscope above all, brought onto a run's grid."""
