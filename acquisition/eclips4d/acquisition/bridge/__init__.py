"""The bridge for microscopes whose interface is closed: a site's own script pushes frames to us, and loses none."""
