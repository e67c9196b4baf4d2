"""Whether engines and precisions give the same surface."""
