"""What the instrument adds between the electrons that leave a surface and the numbers in a file, one effect a file."""
