"""Part `soak` of `eclips4d bench viewer`."""
