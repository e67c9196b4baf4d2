"""Part `bridge` of `eclips4d bench instruments`."""
