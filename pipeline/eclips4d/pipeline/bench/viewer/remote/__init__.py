"""A window that looks through a view service: how many frames a second it shows, and what they cost either side."""
