"""`--swap`: another model for a running chain."""
