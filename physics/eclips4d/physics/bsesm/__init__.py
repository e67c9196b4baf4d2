"""The exact image simulator: visibility by horizons, integration over what stays visible, gradients."""
