"""From images of an artefact of known shape to gains, dark levels, azimuths and contrast over tilt."""
