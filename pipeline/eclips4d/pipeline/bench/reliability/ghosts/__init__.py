"""What readers see of a store that grows under their hands."""
