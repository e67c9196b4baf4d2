"""What frames, stores and instruments cost, and what many of them will: `eclips4d bench scaling --part costs`."""
