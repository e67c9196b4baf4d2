"""Part `budget` of `eclips4d bench metrology`."""
