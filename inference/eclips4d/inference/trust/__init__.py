"""Where to believe a surface: the segments rendered again from it, beside those that were measured."""
