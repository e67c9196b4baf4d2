"""Steps followed in time, against scenes in which every step's way is known."""
