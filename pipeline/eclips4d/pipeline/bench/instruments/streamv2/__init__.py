"""Part `streamv2` of `eclips4d bench instruments`."""
