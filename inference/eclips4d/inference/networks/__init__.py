"""Learned slopes and heights: what goes into the networks and what is made of what comes out."""
