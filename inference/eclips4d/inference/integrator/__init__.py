"""Slopes to height by weighted least squares whose corrections and weights a small network proposes."""
