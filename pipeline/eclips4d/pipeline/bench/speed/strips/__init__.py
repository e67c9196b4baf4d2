"""How soon a slow scan is on the screen."""
