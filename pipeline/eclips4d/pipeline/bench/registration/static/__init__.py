"""Static scenes: errors over the bound, and bias over a pixel."""
