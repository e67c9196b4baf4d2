"""How long a shift and a resampling take."""
