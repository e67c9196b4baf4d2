"""Part `trust` of `eclips4d bench loop`: whether the trust map finds what was planted, and nothing else."""
