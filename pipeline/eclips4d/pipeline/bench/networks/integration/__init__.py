"""The integrator against every other way from slopes to height, on the same noisy slopes with the same weights."""
