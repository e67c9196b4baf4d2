"""Elastic scattering of electrons by atoms: screened potential, Dirac's partial waves, tables to draw angles from."""
