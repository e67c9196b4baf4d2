"""What `eclips4d drift` hands out: a table, a summary, a picture."""
