"""What each kernel takes alone, and the floor that memory and arithmetic set."""
