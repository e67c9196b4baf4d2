"""Part `speed` of `eclips4d bench metrology`."""
