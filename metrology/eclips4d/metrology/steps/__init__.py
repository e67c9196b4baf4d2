"""Steps as they move: found on profiles, followed from frame to frame, with velocities and what happens to them."""
