"""Part `stacking` of `eclips4d bench registration`."""
