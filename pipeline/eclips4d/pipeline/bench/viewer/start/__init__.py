"""Part `start` of `eclips4d bench viewer`."""
