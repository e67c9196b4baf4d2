"""`adapt`: a model adapted to runs of instruments that their files do not describe."""
