"""The panels of the window: each draws one aspect of the model and decides nothing."""
