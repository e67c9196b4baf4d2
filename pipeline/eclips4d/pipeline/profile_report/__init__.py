"""What `eclips4d profile` hands out: a table, a summary, a picture."""
