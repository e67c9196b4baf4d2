"""Part `reading` of `eclips4d bench viewer`."""
