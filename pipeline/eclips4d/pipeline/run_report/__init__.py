"""What `eclips4d report` writes: one HTML page about a run that needs nothing beside itself."""
