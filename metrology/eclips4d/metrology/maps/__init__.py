"""Height maps of other instruments: read, put onto a run's grid, and compared, each figure with its uncertainty."""
