"""Measurements over time, with uncertainties: drift so far; steps, facets, spirals and profiles are to come."""
