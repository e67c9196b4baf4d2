"""Part `chain` of `eclips4d bench viewer`."""
