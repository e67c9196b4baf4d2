"""What interpolation between pixels takes from structure and noise, and how long it takes."""
