"""Maps of a simulated atomic force microscope, brought onto simulated runs whose truth is known."""
