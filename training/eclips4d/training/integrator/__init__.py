"""Training of the integrator's network, and of the plain network from slopes to height for comparison."""
