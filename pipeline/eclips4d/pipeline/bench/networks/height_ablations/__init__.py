"""What each loss of the integrators is worth; see `ablations`."""
