"""What a user can ask the window for: one file per menu."""
