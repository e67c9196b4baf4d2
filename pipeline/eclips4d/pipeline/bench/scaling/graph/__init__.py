"""Part `graph`: many small frames, and the memory that they take."""
