"""Integrators as published, written from the papers: what the network's has to be as good as."""
