"""Steps, facets, spirals and profiles over time, with uncertainties. Nothing is implemented yet."""
