"""Part `painting` of `eclips4d bench viewer`."""
