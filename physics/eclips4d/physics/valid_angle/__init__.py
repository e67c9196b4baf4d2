"""Which emission directions reach which segment: detector geometry, electrostatic field, trajectories."""
