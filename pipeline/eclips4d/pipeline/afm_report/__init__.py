"""What `eclips4d afm` reads, says and writes."""
