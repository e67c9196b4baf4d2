"""What can be seen: how far occlusion reaches, and the smallest step, angle and velocity that a dose allows."""
