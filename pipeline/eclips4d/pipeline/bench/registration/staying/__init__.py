"""What is learned of what stays where passing steps bury the roughness: with it and without."""
