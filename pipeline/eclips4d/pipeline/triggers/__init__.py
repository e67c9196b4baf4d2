"""Triggers: conditions on a run's results, judged beside it, told to whoever listens. Nothing here drives anything."""
