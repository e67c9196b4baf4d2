"""What Muon, hard examples and the attention are worth to the vision field transformer."""
