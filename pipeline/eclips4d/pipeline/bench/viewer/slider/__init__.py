"""Part `slider` of `eclips4d bench viewer`."""
