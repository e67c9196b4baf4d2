"""Steps, facets, spirals and heights against truth, and against other programs: `eclips4d bench metrology`."""
