"""What does not kill a run but stops or confuses it: paused stages, clocks that are set, wrong times, a cut network."""
